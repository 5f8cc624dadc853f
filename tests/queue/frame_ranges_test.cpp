#include "queue/frame_ranges.h"

#include <random>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

std::string text_of(const std::vector<std::int64_t>& frames) {
  FrameRanges ranges;
  for (const std::int64_t frame : frames) {
    ranges.add(frame);
  }
  return ranges.text();
}

TEST(FrameRanges, NeighboursAreOneRange) {
  EXPECT_EQ(text_of({}), "");
  EXPECT_EQ(text_of({7}), "7");
  EXPECT_EQ(text_of({0, 1, 2, 26}), "0-2,26");
  EXPECT_EQ(text_of({2, 0, 1}), "0-2");
  EXPECT_EQ(text_of({0, 4, 2, 3, 1}), "0-4");
  EXPECT_EQ(text_of({5, 5, 4, 5, 6, 4}), "4-6");
}

TEST(FrameRanges, AnyOrderGivesTheSameAsASet) {
  std::mt19937 random(5);
  FrameRanges ranges;
  std::set<std::int64_t> frames;
  for (int i = 0; i < 400; ++i) {
    const std::int64_t frame = static_cast<std::int64_t>(random() % 300);
    ranges.add(frame);
    frames.insert(frame);
    ASSERT_EQ(ranges.count(), static_cast<std::int64_t>(frames.size()));
  }
  EXPECT_EQ(ranges.text(), text_of({frames.begin(), frames.end()}));
}

}  // namespace
}  // namespace ptravel
