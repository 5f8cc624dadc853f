#include "tensor/thread_scope.h"

#include <string>

#include <ATen/Parallel.h>
#include <omp.h>

#include "ptravel/error.h"
#include "ptravel/processors.h"
#include "tensor/torch_compat.h"

namespace ptravel {

std::optional<std::string> limit_threads(int& threads) {
  const int processors = usable_processors();
  if (threads <= processors) {
    return std::nullopt;
  }
  const std::string asked = std::to_string(threads);
  threads = processors;
  return "threads " + asked + " is more than there are processors; using " +
         std::to_string(processors);
}

int thread_count(int wish) {
  if (wish < 0) {
    throw Error(ErrorCode::InvalidArgument,
                "[threads] " + std::to_string(wish) + ": expected 0 (automatic) or more");
  }
  return wish == 0 ? usable_processors() : wish;
}

// OpenMP keeps the number for each thread, and LibTorch and oneDNN ask OpenMP.
ThreadScope::ThreadScope(int threads) {
  compat::settle_thread_number();
  before_ = at::get_num_threads();
  omp_set_num_threads(thread_count(threads));
}

ThreadScope::~ThreadScope() { omp_set_num_threads(before_); }

int threads_here() { return at::in_parallel_region() ? 1 : at::get_num_threads(); }

}  // namespace ptravel
