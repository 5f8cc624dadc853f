#include "motion/retime.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

const Probes kSlowFast = {{0, 0.5, 1}, {1, 3}};

TEST(Retime, PlacesFramesAtEvenDistances) {
  // The way is 4 long: its quarters are travelled at 0.5, 0.5 + 1/6, 0.5 + 2/6.
  EXPECT_THAT(retimed(kSlowFast, even_shares(3), CurveMethod::Linear),
              Pointwise(DoubleNear(1e-15), {0.5, 2.0 / 3, 5.0 / 6}));
}

TEST(Retime, KeepsTheEndsAndRises) {
  for (const CurveMethod method : {CurveMethod::Linear, CurveMethod::Pchip}) {
    const Probes probes = {{0, 0.1, 0.2, 0.6, 1}, {5, 0, 0.01, 2}};
    std::vector<double> shares = even_shares(50);
    shares.insert(shares.begin(), 0.0);
    shares.push_back(1.0);
    const std::vector<double> alphas = retimed(probes, shares, method);
    EXPECT_EQ(alphas.front(), 0);
    EXPECT_DOUBLE_EQ(alphas.back(), 1);
    for (std::size_t i = 1; i < alphas.size(); ++i) {
      EXPECT_GT(alphas[i], alphas[i - 1]) << i;
    }
  }
}

TEST(Retime, WithoutMotionTheAlphasAreEven) {
  const Probes still = {{0, 0.2, 1}, {0, 0}};
  EXPECT_THAT(retimed(still, even_shares(3), CurveMethod::Linear),
              Pointwise(DoubleNear(1e-15), {0.25, 0.5, 0.75}));
}

TEST(Retime, StandingStillCountsAThousandthOfTheMean) {
  EXPECT_THAT(travelled({{0, 0.5, 1}, {0, 2}}), ElementsAre(0, 0.001, 2.001));
}

TEST(Retime, ProbesThatMakeNoSenseAreRefused) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Probes& probes :
       {Probes{{0}, {}}, Probes{{0, 1}, {}}, Probes{{0, 0, 1}, {1, 1}}, Probes{{0, 1}, {-1}},
        Probes{{0, 1}, {nan}}, Probes{{0, nan}, {1}}}) {
    EXPECT_THROW(retimed(probes, even_shares(1), CurveMethod::Linear), Error);
    EXPECT_THROW(next_split(probes, SplitRule::Distance, {}), Error);
  }
}

TEST(NextSplit, TakesTheLargestByItsRule) {
  const Probes probes = {{0, 0.64, 1}, {1, 1.2}};
  EXPECT_EQ(next_split(probes, SplitRule::Distance, {}), 1u);
  EXPECT_EQ(next_split(probes, SplitRule::DistanceByGap, {}), 0u);
  EXPECT_EQ(next_split({{0, 0.5, 1}, {1, 1}}, SplitRule::Distance, {}), 0u);
}

TEST(NextSplit, EndsWhenEvenOrTooNear) {
  EXPECT_EQ(next_split(kSlowFast, SplitRule::Distance, {1.5, 0}), std::nullopt);
  EXPECT_EQ(next_split(kSlowFast, SplitRule::Distance, {1.4, 0}), 1u);
  EXPECT_EQ(next_split({{0, 1e-7, 1}, {9, 1}}, SplitRule::Distance, {0, 1e-6}), 1u);
  EXPECT_EQ(next_split({{0, 0.5, 1}, {0, 0}}, SplitRule::Distance, {}), std::nullopt);
}

}  // namespace
}  // namespace ptravel
