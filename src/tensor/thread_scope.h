#pragma once

#include <optional>
#include <string>

namespace ptravel {

/// Takes no more threads than there are processors, which would starve the machine; returns a
/// sentence for the user when that are fewer than asked for. 0 stays 0.
std::optional<std::string> limit_threads(int& threads);

/// The number of threads to take for a wish: itself, or for 0 one for each processor that this
/// process may run on. Throws InvalidArgument below 0.
int thread_count(int wish);

/// Sets how many threads the calling thread computes with, itself and those that it starts, until
/// the end of the scope. Other threads keep their own numbers, so that two pieces of work at the
/// same time each have theirs. Tensor operations, ours and oneDNN's, go by it; OpenBLAS, which only
/// training uses, has one number for the whole process (set_num_threads). Scopes may be nested and
/// end in the thread that began them.
class ThreadScope {
 public:
  /// 0 takes one for each processor that this process may run on.
  explicit ThreadScope(int threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int before_;
};

/// How many threads a parallel operation takes if it begins here: 1 inside of another one.
int threads_here();

}  // namespace ptravel
