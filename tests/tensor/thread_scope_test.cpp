#include "tensor/thread_scope.h"

#include <atomic>
#include <thread>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tensor/conv.h"
#include "tensor/cpu/parallel.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

TEST(ThreadScope, HoldsUntilItsEnd) {
  set_num_threads(2);
  {
    const ThreadScope three(3);
    EXPECT_EQ(threads_here(), 3);
    {
      const ThreadScope one(1);
      EXPECT_EQ(threads_here(), 1);
    }
    EXPECT_EQ(threads_here(), 3);
  }
  EXPECT_EQ(threads_here(), 2);
  set_num_threads(1);
}

TEST(ThreadScope, ZeroIsEveryProcessorAndLessIsRefused) {
  const ThreadScope all(0);
  EXPECT_EQ(threads_here(), thread_count(0));
  EXPECT_GE(threads_here(), 1);
  EXPECT_THROW(ThreadScope(-1), Error);
}

TEST(ThreadScope, InsideAParallelRegionThereIsOneThread) {
  const ThreadScope two(2);
  std::atomic<int> most{0};
  cpu::parallel_tasks(4, [&](std::int64_t) { most = std::max(most.load(), threads_here()); });
  EXPECT_EQ(most, 1);
  EXPECT_EQ(threads_here(), 2);
}

/// Several pieces of work at the same time, each on its own number of threads, on one layer.
TEST(ThreadScope, BelongsToOneThreadAlone) {
  const Convolution convolution(at::randn({96, 288, 3, 3}) / 50.0, at::randn({96}), {1, 1, 1});
  const at::Tensor x = at::randn({1, 288, 16, 16});
  const at::Tensor expected = with_threads(1, [&] { return convolution(x); });
  set_num_threads(5);
  std::atomic<int> at_work{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> workers;
  for (const int threads : {1, 2, 3}) {
    workers.emplace_back([&, threads] {
      const ThreadScope scope(threads);
      ++at_work;
      while (at_work < 3) {
        std::this_thread::yield();
      }
      for (int i = 0; i < 20; ++i) {
        const bool other_number = threads_here() != threads;
        const bool other_bytes = cpu::onednn_available() && !at::equal(convolution(x), expected);
        wrong += (other_number || other_bytes) ? 1 : 0;
      }
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(threads_here(), 5) << "of the thread that waited";
  set_num_threads(1);
}

}  // namespace
}  // namespace ptravel
