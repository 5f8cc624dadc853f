#include "diffusion/transport.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

using testing::ElementsAre;

/// Whole numbers that look random, so that sums are exact.
TransportCosts some_costs(std::size_t count, std::uint32_t seed, std::uint32_t range) {
  TransportCosts costs{count, {}};
  for (std::size_t i = 0; i < count * count; ++i) {
    seed = seed * 1664525 + 1013904223;
    costs.values.push_back((seed >> 8) % range);
  }
  return costs;
}

double cost_of(const TransportCosts& costs, const std::vector<std::size_t>& places) {
  double sum = 0;
  for (std::size_t row = 0; row < places.size(); ++row) {
    sum += costs.at(row, places[row]);
  }
  return sum;
}

TEST(Transport, NoPermutationIsCheaper) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const std::size_t count = 1 + seed % 7;
    const TransportCosts costs = some_costs(count, seed, seed % 3 == 0 ? 4 : 1000);
    std::vector<std::size_t> places(count);
    std::iota(places.begin(), places.end(), std::size_t{0});
    double least = cost_of(costs, places);
    double least_after_first = least;
    while (std::next_permutation(places.begin(), places.end())) {
      least = std::min(least, cost_of(costs, places));
      if (places[0] == 0) {
        least_after_first = std::min(least_after_first, cost_of(costs, places));
      }
    }
    EXPECT_EQ(cost_of(costs, optimal_assignment(costs)), least) << seed;
    const auto after_first = optimal_assignment_after_first(costs);
    EXPECT_EQ(after_first[0], 0u);
    EXPECT_EQ(cost_of(costs, after_first), least_after_first) << seed;
  }
}

TEST(Transport, EachPlaceIsTakenOnce) {
  const auto places = optimal_assignment(some_costs(200, 7, 50));
  std::vector<std::size_t> taken = places;
  std::sort(taken.begin(), taken.end());
  for (std::size_t i = 0; i < taken.size(); ++i) {
    ASSERT_EQ(taken[i], i);
  }
  EXPECT_TRUE(optimal_assignment({0, {}}).empty());
}

TEST(Transport, OfEqualCostsTheLowestPlacesComeFirst) {
  EXPECT_THAT(optimal_assignment({4, std::vector<double>(16, 2.5)}), ElementsAre(0, 1, 2, 3));
  // The first two rows cost the same in the first two places, the last one has only the third.
  EXPECT_THAT(optimal_assignment({3, {1, 1, 9, 1, 1, 9, 9, 9, 1}}), ElementsAre(0, 1, 2));
}

TEST(Transport, RowsFindThemselves) {
  const VectorRows from{3, 2, {0, 0, 5, 1, -3, 4}};
  const VectorRows to{3, 2, {-3, 4, 0, 0, 5, 1}};
  const TransportCosts costs = squared_distances(from, to);
  EXPECT_EQ(costs.at(0, 0), 25);
  EXPECT_THAT(optimal_assignment(costs), ElementsAre(1, 2, 0));
  EXPECT_THAT(optimal_assignment_after_first(costs), ElementsAre(0, 2, 1));
}

TEST(Transport, LittleEntropyIsNearlyTheAssignment) {
  const VectorRows from{3, 2, {0, 0, 5, 1, -3, 4}};
  const VectorRows to{3, 2, {-3, 4, 0.5, 0, 5, 1}};
  const TransportCosts costs = squared_distances(from, to);
  const auto sharp = sinkhorn_plan(costs, 0.1, 50);
  for (const auto& [row, place] : {std::pair{0, 1}, {1, 2}, {2, 0}}) {
    EXPECT_NEAR(sharp[static_cast<std::size_t>(row * 3 + place)], 1.0 / 3, 1e-9);
  }
  const VectorRows mapped = barycentric_map(sharp, to);
  EXPECT_NEAR(mapped.row(0)[0], 0.5, 1e-9);
  EXPECT_NEAR(mapped.row(2)[1], 4, 1e-9);
  // With much of it everything goes everywhere, and rows come to the mean.
  const VectorRows blurred = barycentric_map(sinkhorn_plan(costs, 1e6, 5), to);
  EXPECT_NEAR(blurred.row(1)[0], 2.5 / 3, 1e-3);
}

}  // namespace
}  // namespace ptravel
