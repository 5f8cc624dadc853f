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

/// How many of `count` equal tasks are best done one on each thread, the rest one after the other
/// on all threads: as many as keep every thread busy to the end. 0 inside another parallel region.
std::int64_t tasks_for_threads(std::int64_t count);

/// Calls body(task) for tasks 0 to count - 1, each in one thread from its beginning to its end:
/// what is parallel inside runs in that thread alone, and no thread waits for another on the way.
/// Nothing in a body records gradients. Exceptions of `body` reach the caller.
void parallel_tasks(std::int64_t count, const std::function<void(std::int64_t task)>& body);

}  // namespace ptravel::cpu
