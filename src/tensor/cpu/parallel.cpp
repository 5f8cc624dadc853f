#include "tensor/cpu/parallel.h"

#include <ATen/Parallel.h>

namespace ptravel::cpu {

void parallel_ranges(std::int64_t count,
                     std::int64_t grain,
                     const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
  at::parallel_for(0, count, grain,
                   [&](std::int64_t begin, std::int64_t end) { body(begin, end); });
}

}  // namespace ptravel::cpu
