#include "motion/evenness.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Evenness, OfEvenMotion) {
  const Evenness even = evenness_of(std::vector<double>(4, 0.5));
  EXPECT_EQ(even.steps, 4u);
  EXPECT_EQ(even.length, 2);
  EXPECT_EQ(even.largest_over_median, 1);
  EXPECT_EQ(even.largest_over_mean, 1);
  EXPECT_EQ(even.p90_over_p10, 1);
  EXPECT_EQ(even.gini, 0);
  EXPECT_EQ(even.largest_share, 0.25);
  EXPECT_EQ(even.deviation, 0);
}

TEST(Evenness, OfAJump) {
  const std::vector<double> distances = {1, 1, 6, 2, 0};
  const Evenness even = evenness_of(distances);
  EXPECT_DOUBLE_EQ(even.mean, 2);
  EXPECT_DOUBLE_EQ(even.median, 1);
  EXPECT_DOUBLE_EQ(even.largest_over_median, 6);
  EXPECT_DOUBLE_EQ(even.largest_over_mean, 3);
  EXPECT_DOUBLE_EQ(even.largest_share, 0.6);
  // Sorted 0 1 1 2 6: deciles at places 0.4 and 3.6.
  EXPECT_DOUBLE_EQ(even.p90_over_p10, (2 + 0.6 * 4) / 0.4);
  // Pairs |d_i - d_j| sum to 2 * 26 over 2 * 25 * 2.
  EXPECT_DOUBLE_EQ(even.gini, 0.52);
  EXPECT_DOUBLE_EQ(even.deviation, std::sqrt(22.0 / 5));
  EXPECT_THAT(steps_above(distances, kJumpOverMedian), ElementsAre(2));
  EXPECT_THAT(steps_above(distances, 1), ElementsAre(2, 3));
  EXPECT_THAT(steps_above(distances, 6), IsEmpty());
}

TEST(Evenness, WithoutMotion) {
  const Evenness none = evenness_of({});
  EXPECT_EQ(none.steps, 0u);
  EXPECT_EQ(none.length, 0);
  EXPECT_THAT(steps_above({}, 2), IsEmpty());
  const std::vector<double> still(3, 0.0);
  EXPECT_EQ(evenness_of(still).gini, 0);
  EXPECT_EQ(evenness_of(still).largest_share, 0);
  EXPECT_THAT(steps_above(still, 2), IsEmpty());
  // Moves once: the median is 0, so that step is a jump by any bound.
  const std::vector<double> once = {0, 0, 1};
  EXPECT_TRUE(std::isinf(evenness_of(once).largest_over_median));
  EXPECT_THAT(steps_above(once, 1000), ElementsAre(2));
}

}  // namespace
}  // namespace ptravel
