#include "tensor/cpu/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <omp.h>

#include "base/profile_scope.h"
#include "tensor/thread_scope.h"
#include "tensor/torch_compat.h"

namespace ptravel::cpu {

void parallel_ranges(std::int64_t count,
                     std::int64_t grain,
                     const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
  at::parallel_for(0, count, grain,
                   [&](std::int64_t begin, std::int64_t end) { body(begin, end); });
}

std::int64_t tasks_for_threads(std::int64_t count) {
  const std::int64_t threads = threads_here();
  return threads == 1 ? 0 : count / threads * threads;
}

void parallel_tasks(std::int64_t count, const std::function<void(std::int64_t task)>& body) {
  const int threads = static_cast<int>(std::min<std::int64_t>(count, at::get_num_threads()));
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;  // guards `failure`
  std::exception_ptr failure;
  ProfileFork fork(threads);
#pragma omp parallel num_threads(threads)
  {
    compat::settle_thread_number();
    omp_set_num_threads(1);  // holds for this thread inside this region alone
    const c10::InferenceMode inference;
    const ProfileFork::Branch branch(fork);
    try {
      for (std::int64_t task = next++; task < count; task = next++) {
        body(task);
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      failure = failure ? failure : std::current_exception();
    }
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace ptravel::cpu
