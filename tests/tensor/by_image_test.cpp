#include "tensor/by_image.h"

#include <atomic>
#include <stdexcept>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "base/profile_scope.h"
#include "tensor/cpu/parallel.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

TEST(ByImage, EveryRowIsComputedOnce) {
  const at::Tensor x = at::randn({5, 3, 4});
  for (const int threads : {1, 2, 3, 8}) {
    std::atomic<std::int64_t> rows{0};
    const at::Tensor out = with_threads(threads, [&] {
      return by_image(5, {&x}, Compute(), [&](std::int64_t first, std::int64_t count) {
        rows += count;
        return x.narrow(0, first, count) * 2;
      });
    });
    EXPECT_TRUE(at::equal(out, x * 2)) << threads;
    EXPECT_EQ(rows, 5) << threads;
  }
}

TEST(ByImage, WhatWantsAGradientIsComputedTogether) {
  const at::Tensor x = at::randn({4, 3}).requires_grad_();
  const at::Tensor out = with_threads(2, [&] {
    return by_image(4, {&x}, Compute(), [&](std::int64_t first, std::int64_t count) {
      EXPECT_EQ(count, 4);
      return x.narrow(0, first, count) * 2;
    });
  });
  EXPECT_TRUE(out.requires_grad());
}

TEST(ParallelTasks, RunInOneThreadEach) {
  set_num_threads(2);
  std::atomic<std::int64_t> done{0};
  cpu::parallel_tasks(7, [&](std::int64_t) {
    EXPECT_EQ(at::get_num_threads(), 1);
    EXPECT_FALSE(at::GradMode::is_enabled());
    EXPECT_EQ(cpu::tasks_for_threads(7), 0) << "no parallel work inside";
    int ranges = 0;  // not atomic: this thread alone works on it
    cpu::parallel_ranges(100, 1, [&](std::int64_t begin, std::int64_t end) {
      ranges += static_cast<int>(end - begin);
    });
    EXPECT_EQ(ranges, 100);
    ++done;
  });
  EXPECT_EQ(done, 7);
  EXPECT_EQ(at::get_num_threads(), 2) << "afterwards all threads are there again";
  EXPECT_EQ(cpu::tasks_for_threads(5), 4);
  EXPECT_TRUE(at::GradMode::is_enabled());
  set_num_threads(1);
  EXPECT_EQ(cpu::tasks_for_threads(5), 0);
}

TEST(ParallelTasks, ExceptionsReachTheCaller) {
  set_num_threads(2);
  EXPECT_THROW(cpu::parallel_tasks(4,
                                   [](std::int64_t task) {
                                     if (task == 2) {
                                       throw std::runtime_error("broken");
                                     }
                                   }),
               std::runtime_error);
  set_num_threads(1);
}

TEST(ParallelTasks, AreMeasuredForTheProfileOfTheirCaller) {
  set_num_threads(2);
  const Profile profile;
  {
    const auto part = ProfileScope::part("network");
    cpu::parallel_tasks(6, [](std::int64_t) { const ProfileScope layer("layer", 10); });
  }
  const ProfileReport report = profile.report();
  double seconds = 0;
  std::int64_t layers = 0;
  for (const ProfileEntry& entry : report.entries) {
    seconds += entry.seconds;
    EXPECT_GE(entry.seconds, 0);
    if (entry.kind == "layer") {
      layers = entry.calls;
      EXPECT_EQ(entry.part, "network");
      EXPECT_EQ(entry.flops, 60);
    }
  }
  EXPECT_EQ(layers, 6);
  EXPECT_NEAR(seconds, report.seconds, 1e-9);
  set_num_threads(1);
}

}  // namespace
}  // namespace ptravel
