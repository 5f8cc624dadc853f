#pragma once

#include <cstddef>
#include <future>
#include <vector>

namespace ptravel {

/// Calls `work` with 0 to count - 1, each in a thread of its own (one alone in this thread), and
/// waits for all of them. Throws what the first one of them throws.
template <typename Work>
void for_each_at_once(std::size_t count, const Work& work) {
  if (count == 1) {
    work(std::size_t{0});
    return;
  }
  std::vector<std::future<void>> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::async(std::launch::async, [&work, i] { work(i); }));
  }
  for (std::future<void>& one : all) {
    one.wait();
  }
  for (std::future<void>& one : all) {
    one.get();
  }
}

}  // namespace ptravel
