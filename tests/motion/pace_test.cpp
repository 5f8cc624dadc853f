// Finding a pace on ways whose every distance is known.

#include "motion/pace.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "motion/choose_film.h"
#include "motion/evenness.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

/// A way whose picture at (gap, alpha) is a number; distances are differences.
class CurveWay : public Way {
 public:
  explicit CurveWay(std::function<double(const WayPlace&)> curve) : curve_(std::move(curve)) {}

  void draw(const std::vector<WayPlace>& places) override {
    EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
    for (const WayPlace& place : places) {
      EXPECT_TRUE(drawn.insert(place).second) << "drawn twice: " << place.gap << " " << place.alpha;
    }
  }
  double distance(const WayPlace& one, const WayPlace& other) override {
    EXPECT_TRUE(drawn.contains(one) && drawn.contains(other));
    return std::abs(curve_(one) - curve_(other));
  }

  std::set<WayPlace> drawn;

 private:
  std::function<double(const WayPlace&)> curve_;
};

/// The steps of the film along a curve.
std::vector<double> steps_of(const PacedFilm& film,
                             const std::function<double(const WayPlace&)>& curve) {
  std::vector<WayPlace> places;
  for (std::size_t gap = 0; gap < film.alphas.size(); ++gap) {
    places.push_back({static_cast<std::int64_t>(gap), 0});
    for (const double alpha : film.alphas[gap]) {
      places.push_back({static_cast<std::int64_t>(gap), alpha});
    }
  }
  places.push_back({static_cast<std::int64_t>(film.alphas.size()), 0});
  std::vector<double> steps;
  for (std::size_t i = 1; i < places.size(); ++i) {
    steps.push_back(std::abs(curve(places[i]) - curve(places[i - 1])));
  }
  return steps;
}

/// Nearly flat, with one place where everything happens.
double steep(const WayPlace& place) {
  return static_cast<double>(place.gap) + place.alpha * 0.2 +
         0.4 * (1 + std::tanh((place.alpha - 0.3) * 200));
}

TEST(Pace, SpreadsASteepPlaceOverTheFilm) {
  CurveWay way(steep);
  PaceTask task;
  task.in_betweens = {22};
  const PacedFilm film = find_pace(task, way);
  ASSERT_EQ(film.alphas.front().size(), 22u);
  EXPECT_LE(film.pictures, 60);
  EXPECT_EQ(film.pictures, static_cast<std::int64_t>(way.drawn.size()));
  EXPECT_LT(evenness_of(steps_of(film, steep)).largest_over_median, 1.35);
  EXPECT_NEAR(film.largest_over_median, evenness_of(steps_of(film, steep)).largest_over_median,
              1e-9);
  EXPECT_TRUE(film.jumps.empty());
}

TEST(Pace, TheLastPicturesAreThoseThatTheFilmLacks) {
  for (const double speed : {5.0, 20.0, 60.0}) {
    const auto curve = [speed](const WayPlace& place) {
      return static_cast<double>(place.gap) * 3 + place.alpha +
             std::tanh((place.alpha - 0.37) * speed) + 0.3 * std::sin(9 * place.alpha);
    };
    CurveWay way(curve);
    PaceTask task;
    task.in_betweens = {22};
    const PacedFilm film = find_pace(task, way);
    EXPECT_LT(evenness_of(steps_of(film, curve)).largest_over_median, 1.15) << speed;
  }
}

TEST(Pace, AFilmHasOneSpeedWhereGapsShareFrames) {
  const auto curve = [](const WayPlace& place) {
    // The second gap is nine times as long as the first one.
    return place.gap == 0 ? place.alpha
                          : 1 + 9 * (static_cast<double>(place.gap - 1) + place.alpha);
  };
  PaceTask task;
  task.in_betweens = {10, 10};
  CurveWay own(curve);
  const PacedFilm kept = find_pace(task, own);
  EXPECT_EQ(kept.alphas[0].size(), 10u);
  EXPECT_EQ(kept.alphas[1].size(), 10u);
  task.shares_frames = true;
  CurveWay way(curve);
  const PacedFilm film = find_pace(task, way);
  EXPECT_EQ(film.alphas[0].size() + film.alphas[1].size(), 20u);
  EXPECT_LE(film.alphas[0].size(), 3u);
  EXPECT_LT(evenness_of(steps_of(film, curve)).largest_over_median, 1.6);
}

TEST(Pace, ReportsAJumpAndEvensTheRest) {
  const auto curve = [](const WayPlace& place) {
    const double share = static_cast<double>(place.gap) + place.alpha;
    return share + (share > 0.3717 ? 5 : 0);
  };
  CurveWay way(curve);
  PaceTask task;
  task.in_betweens = {22};
  task.budget = 4;
  const PacedFilm film = find_pace(task, way);
  ASSERT_EQ(film.jumps.size(), 1u);
  EXPECT_LE(film.jumps.front().to.alpha - film.jumps.front().from.alpha, kLeastAlphaGap);
  EXPECT_NEAR(film.jumps.front().from.alpha, 0.3717, 1e-5);
  EXPECT_NEAR(film.jumps.front().distance, 5, 1e-3);
  std::vector<double> steps = steps_of(film, curve);
  std::sort(steps.begin(), steps.end());
  EXPECT_LT(steps[steps.size() - 2] / steps[steps.size() / 2], 2);
}

/// A way with a jump of 5 at a share, whose bridges jump too, in their middle, below a depth.
class JumpingWay : public Way {
 public:
  explicit JumpingWay(std::size_t even_depth) : even_depth_(even_depth) {}

  double at(const WayPlace& place) const {
    const double share = static_cast<double>(place.gap) + place.alpha;
    for (const WayBridge& bridge : bridges) {
      if (bridge.from < place && place < bridge.to) {
        const double across =
            (place.alpha - bridge.from.alpha) / (bridge.to.alpha - bridge.from.alpha);
        const double low = plain(bridge.from);
        const double high = plain(bridge.to);
        return bridge.depth >= even_depth_ ? low + across * (high - low)
               : across < 0.5              ? low
                                           : high;
      }
    }
    return share + (share > 0.3717 ? 5 : 0);
  }
  void draw(const std::vector<WayPlace>& places) override {
    for (const WayPlace& place : places) {
      drawn.insert(place);
      cost += std::ranges::any_of(
                  bridges,
                  [&](const WayBridge& bridge) { return bridge.from < place && place < bridge.to; })
                  ? 0.5
                  : 1;
    }
  }
  double distance(const WayPlace& one, const WayPlace& other) override {
    EXPECT_TRUE(drawn.contains(one) && drawn.contains(other));
    return std::abs(at(one) - at(other));
  }
  void bridge(const WayBridge& bridge) override {
    cost +=
        std::erase_if(bridges, [&](const WayBridge& other) { return other.from == bridge.from; })
            ? 0
            : 2;
    bridges.push_back(bridge);
    std::erase_if(drawn,
                  [&](const WayPlace& place) { return bridge.from < place && place < bridge.to; });
  }

  std::set<WayPlace> drawn;
  std::vector<WayBridge> bridges;
  double cost = 0;  // with bridges at 0.5 for each picture

 private:
  static double plain(const WayPlace& place) {
    const double share = static_cast<double>(place.gap) + place.alpha;
    return share + (share > 0.3717 ? 5 : 0);
  }
  std::size_t even_depth_;
};

TEST(Pace, BridgesAJumpByTheFirstKindThatDoesNotJump) {
  for (const std::size_t even_depth : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    JumpingWay way(even_depth);
    PaceTask task;
    task.in_betweens = {22};
    task.bridge_costs = {0.5, 0.5, 0.5};
    const PacedFilm film = find_pace(task, way);
    EXPECT_TRUE(film.jumps.empty());
    ASSERT_EQ(film.bridges.size(), 1u);
    EXPECT_EQ(film.bridges.front().depth, even_depth);
    EXPECT_LT(film.bridges.front().from.alpha, 0.3717);
    EXPECT_GT(film.bridges.front().to.alpha, 0.3717);
    const auto curve = [&](const WayPlace& place) { return way.at(place); };
    EXPECT_LT(evenness_of(steps_of(film, curve)).largest_over_median, 1.6) << even_depth;
    EXPECT_LE(film.pictures, 60);
    EXPECT_EQ(film.pictures, static_cast<std::int64_t>(std::ceil(way.cost)));
  }
}

TEST(Pace, ABridgeLeadsAcrossAStepOfAWalk) {
  JumpingWay way(0);
  PaceTask task;
  task.in_betweens = {6};
  task.positions = {9};
  task.bridge_costs = {0.5};
  const PacedFilm film = find_pace(task, way);
  ASSERT_EQ(film.bridges.size(), 1u);
  EXPECT_EQ(film.bridges.front().from.alpha, 0.3);
  EXPECT_EQ(film.bridges.front().to.alpha, 0.4);
  EXPECT_GT(std::ranges::count_if(film.alphas.front(),
                                  [](double alpha) { return alpha > 0.3 && alpha < 0.4; }),
            2);
}

TEST(Pace, TakesOnlyStepsThatAWalkHas) {
  CurveWay way(steep);
  PaceTask task;
  task.in_betweens = {6};
  task.positions = {14};
  const PacedFilm film = find_pace(task, way);
  ASSERT_EQ(film.alphas.front().size(), 6u);
  for (const double alpha : film.alphas.front()) {
    EXPECT_EQ(std::round(alpha * 15) / 15, alpha);
  }
}

TEST(Pace, EasingBendsTheStepsAsTheyAreSeen) {
  CurveWay way(steep);
  PaceTask task;
  task.in_betweens = {19};
  task.easing = [](double share) { return share * share; };
  const std::vector<double> steps = steps_of(find_pace(task, way), steep);
  EXPECT_GT(steps.back() / steps[1], 4);  // 39 / 3 at best.
  EXPECT_LT(steps[9] / steps.back(), 0.75);
}

TEST(Pace, WithoutMotionFramesLieSomewhere) {
  CurveWay way([](const WayPlace&) { return 0.0; });
  PaceTask task;
  task.in_betweens = {5, 0, 3};
  const PacedFilm film = find_pace(task, way);
  EXPECT_EQ(film.alphas[0].size(), 5u);
  EXPECT_EQ(film.alphas[1].size(), 0u);
  EXPECT_EQ(film.alphas[2].size(), 3u);
  EXPECT_TRUE(film.jumps.empty());
}

TEST(Pace, ALoopDrawsItsFirstStageOnce) {
  PaceTask task;
  task.in_betweens = {4, 4};
  task.loops = true;
  task.budget = 1;
  CurveWay way([](const WayPlace& place) {
    const double share = static_cast<double>(place.gap) + place.alpha;
    return share <= 1 ? share : 2 - share;
  });
  const PacedFilm film = find_pace(task, way);
  EXPECT_EQ(film.pictures, 10);
  EXPECT_EQ(film.alphas[0].size() + film.alphas[1].size(), 8u);
}

TEST(Pace, RefusesTasksThatCannotBe) {
  CurveWay way(steep);
  PaceTask task;
  expect_error(ErrorCode::InvalidArgument, "[pace]", [&] { find_pace(task, way); });
  task.in_betweens = {3};
  task.positions = {2};
  expect_error(ErrorCode::InvalidArgument, "[pace]", [&] { find_pace(task, way); });
  task.positions = {};
  task.budget = 0.5;
  expect_error(ErrorCode::InvalidArgument, "[pace]", [&] { find_pace(task, way); });
}

TEST(ChooseFilm, FindsAFilmWherePicturesAreFurtherApartThanTheirNeighboursLetExpect) {
  // As between the two sides of a cross-fade: neighbours are alike, the ends are not.
  FilmChoice choice;
  choice.pictures = 41;
  choice.distance = [](std::size_t i, std::size_t j) {
    return std::pow(static_cast<double>(j - i) / 40, 2);
  };
  choice.weights.assign(4, 1.0);
  const auto film = choose_film(choice);
  ASSERT_TRUE(film);
  EXPECT_THAT(*film, testing::ElementsAre(0, 10, 20, 30, 40));
}

TEST(ChooseFilm, FindsTheEvenFilmAmongMany) {
  // Pictures at these numbers; 0 2 4 6 8 are even.
  const std::vector<double> at = {0, 0.3, 2, 2.9, 3.1, 4, 5.5, 6, 6.2, 8};
  FilmChoice choice;
  choice.pictures = at.size();
  choice.distance = [&](std::size_t i, std::size_t j) { return at[j] - at[i]; };
  choice.weights.assign(4, 1);
  EXPECT_EQ(choose_film(choice), (std::vector<std::size_t>{0, 2, 5, 7, 9}));
  choice.required = {6};
  EXPECT_THAT(*choose_film(choice), testing::Contains(6u));
  choice.weights.assign(10, 1);
  EXPECT_FALSE(choose_film(choice).has_value());
}

}  // namespace
}  // namespace ptravel
