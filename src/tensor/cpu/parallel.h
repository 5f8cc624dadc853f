#pragma once

#include <cstdint>
#include <functional>

namespace ptravel::cpu {

/// Calls body(begin, end) on disjoint ranges that cover [0, count), on LibTorch's threads. No range
/// is shorter than `grain` unless it is the only one. Runs in the calling thread inside another
/// parallel region. Exceptions of `body` reach the caller.
void parallel_ranges(std::int64_t count,
                     std::int64_t grain,
                     const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace ptravel::cpu
