#include "slices.h"

#include <algorithm>
#include <future>
#include <vector>

#include <ATen/Parallel.h>

namespace ptravel::train {
namespace {

/// A slice of fewer pictures is not worth a thread.
constexpr std::int64_t kLeastSlice = 2;

}  // namespace

void for_slices(std::int64_t count,
                int workers,
                const std::function<void(std::int64_t first, std::int64_t size)>& body) {
  if (workers <= 1) {
    body(0, count);
    return;
  }
  const int threads = std::max(1, at::get_num_threads() / workers);
  std::vector<std::future<void>> running;
  for (int worker = 0; worker < workers; ++worker) {
    const std::int64_t first = count * worker / workers;
    const std::int64_t size = count * (worker + 1) / workers - first;
    running.push_back(std::async(std::launch::async, [&body, first, size, threads] {
      at::set_num_threads(threads);
      body(first, size);
    }));
  }
  for (std::future<void>& worker : running) {
    worker.wait();
  }
  for (std::future<void>& worker : running) {
    worker.get();
  }
}

int slices_for(std::int64_t batch, bool on_cpu) {
  if (!on_cpu) {
    return 1;
  }
  const std::int64_t most = std::max<std::int64_t>(1, batch / kLeastSlice);
  return static_cast<int>(std::min<std::int64_t>(at::get_num_threads(), most));
}

}  // namespace ptravel::train
