#include "apps/train/slices.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tensor/threads.h"

namespace ptravel::train {
namespace {

TEST(Slices, CoverEverythingOnce) {
  for (const std::int64_t count : {1, 5, 32}) {
    for (const int workers : {1, 2, 3}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      for_slices(count, workers, [&](std::int64_t first, std::int64_t size) {
        for (std::int64_t i = first; i < first + size; ++i) {
          ++visits.at(static_cast<std::size_t>(i));
        }
      });
      for (const std::atomic<int>& visit : visits) {
        EXPECT_EQ(visit.load(), 1) << count << " in " << workers;
      }
    }
  }
}

TEST(Slices, HandOnWhatTheyThrow) {
  for (const int workers : {1, 3}) {
    std::atomic<int> finished = 0;
    const auto body = [&](std::int64_t first, std::int64_t) {
      if (first == 0) {
        throw std::runtime_error("slice");
      }
      ++finished;
    };
    EXPECT_THROW(for_slices(9, workers, body), std::runtime_error);
    EXPECT_EQ(finished, workers - 1) << "the others end before it is thrown";
  }
}

TEST(Slices, AreNotTooSmall) {
  set_num_threads(2);
  EXPECT_EQ(slices_for(32, true), 2);
  EXPECT_EQ(slices_for(3, true), 1);
  EXPECT_EQ(slices_for(1, true), 1);
  EXPECT_EQ(slices_for(32, false), 1);
  set_num_threads(1);
  EXPECT_EQ(slices_for(32, true), 1);
}

}  // namespace
}  // namespace ptravel::train
