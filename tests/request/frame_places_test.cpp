#include "request/frame_places.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "request/frame_settings.h"
#include "request/stages.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

StagePlan plan_of(const std::string& steps, bool loop = false) {
  const auto count = std::count(steps.begin(), steps.end(), ',') + 2 - (loop ? 1 : 0);
  std::string prompt;
  for (int i = 0; i < count; ++i) {
    prompt += std::string(1, static_cast<char>('a' + i)) + "\n";
  }
  StageRules rules;
  rules.loop = loop;
  return plan_stages(prompt, "", steps, rules);
}

TravelRequest request_of(TravelMode mode, Genesis genesis, Compat compat) {
  TravelRequest request;
  request.mode = mode;
  request.genesis = genesis;
  request.compat = compat;
  return request;
}

std::int64_t count_of(const std::string& steps, TravelMode mode, Genesis genesis, Compat compat) {
  const TravelRequest request = request_of(mode, genesis, compat);
  const auto count = static_cast<std::int64_t>(frame_places(plan_of(steps), request).size());
  EXPECT_EQ(frame_count(plan_of(steps), request), count);
  return count;
}

/// The counts that the original's versions have: n stages, s_i steps between them.
TEST(FramePlaces, CountsOfEveryModeGenesisAndVersion) {
  constexpr TravelMode kModes[] = {TravelMode::Linear, TravelMode::Replace, TravelMode::Grad};
  for (const char* steps : {"10,20", "3,0", "0,0", "1,1,5", "7"}) {
    const std::vector<std::int64_t> numbers = parse_travel_steps(steps);
    std::int64_t sum = 0, sum_of_at_least_one = 0;
    for (const std::int64_t number : numbers) {
      sum += number;
      sum_of_at_least_one += std::max<std::int64_t>(number, 1);
    }
    const auto n = static_cast<std::int64_t>(numbers.size()) + 1;
    for (const TravelMode mode : kModes) {
      for (const Genesis genesis : {Genesis::Fixed, Genesis::Successive, Genesis::Embryo}) {
        EXPECT_EQ(count_of(steps, mode, genesis, Compat::None), n + sum);
      }
      EXPECT_EQ(count_of(steps, mode, Genesis::Fixed, Compat::First), n + sum);
      EXPECT_EQ(count_of(steps, mode, Genesis::Successive, Compat::First), n + sum);
    }
    const auto v3 = [&](TravelMode mode, Genesis genesis) {
      return count_of(steps, mode, genesis, Compat::Newest);
    };
    EXPECT_EQ(v3(TravelMode::Linear, Genesis::Fixed), 1 + sum_of_at_least_one) << steps;
    EXPECT_EQ(v3(TravelMode::Linear, Genesis::Successive), 1 + sum) << steps;
    EXPECT_EQ(v3(TravelMode::Replace, Genesis::Fixed), n + sum) << steps;
    EXPECT_EQ(v3(TravelMode::Replace, Genesis::Successive), 1 + sum) << steps;
  }
  EXPECT_EQ(count_of("7", TravelMode::Linear, Genesis::Embryo, Compat::Newest), 7 + 3);
}

TEST(FramePlaces, AlphasOfTheVersions) {
  const auto alphas = [](Genesis genesis, Compat compat, const char* steps) {
    std::vector<double> values;
    for (const FramePlace& place :
         frame_places(plan_of(steps), request_of(TravelMode::Linear, genesis, compat))) {
      values.push_back(place.alpha);
    }
    return values;
  };
  using testing::ElementsAre;
  EXPECT_THAT(alphas(Genesis::Fixed, Compat::None, "3"), ElementsAre(0, 0.25, 0.5, 0.75, 0));
  EXPECT_THAT(alphas(Genesis::Fixed, Compat::Newest, "4"), ElementsAre(0, 0.25, 0.5, 0.75, 0));
  EXPECT_THAT(alphas(Genesis::Successive, Compat::Newest, "2"), ElementsAre(0, 0.5, 0));
  EXPECT_THAT(alphas(Genesis::Embryo, Compat::Newest, "2"), ElementsAre(0, 0.25, 0.5, 0.75, 0));
}

constexpr Easing kEasings[] = {Easing::Linear, Easing::EaseIn, Easing::EaseOut, Easing::EaseInOut,
                               Easing::Beta};

TEST(FramePlaces, StagesStandAtTheirEndsAndAlphaGrowsBetween) {
  for (const Easing easing : kEasings) {
    TravelRequest request;
    request.easing = easing;
    const auto places = frame_places(plan_of("10,20"), request);
    ASSERT_EQ(places.size(), 33u);
    EXPECT_TRUE(places[0].at_stage() && places[11].at_stage() && places[32].at_stage());
    EXPECT_EQ(places[11].stage, 1);
    EXPECT_EQ(places[32].stage, 2);
    for (std::size_t i = 1; i < places.size(); ++i) {
      if (!places[i].at_stage()) {
        EXPECT_GT(places[i].alpha, places[i - 1].at_stage() ? 0 : places[i - 1].alpha);
        EXPECT_LT(places[i].alpha, 1);
      }
    }
  }
}

TEST(FramePlaces, EasingKeepsTheEndsAndTheMiddleOfInOut) {
  for (const Easing easing : kEasings) {
    EXPECT_EQ(eased(0, easing), 0);
    EXPECT_EQ(eased(1, easing), 1);
  }
  EXPECT_LT(eased(0.3, Easing::EaseIn), 0.3);
  EXPECT_GT(eased(0.3, Easing::EaseOut), 0.3);
  EXPECT_EQ(eased(0.5, Easing::EaseInOut), 0.5);
  EXPECT_LT(eased(0.3, Easing::EaseInOut), 0.3);
  // Beta(3, 3): the share below x is 10 x^3 - 15 x^4 + 6 x^5.
  EXPECT_NEAR(eased(0.5, Easing::Beta), 0.5, 1e-12);
  EXPECT_NEAR(
      eased(10 * std::pow(0.2, 3) - 15 * std::pow(0.2, 4) + 6 * std::pow(0.2, 5), Easing::Beta),
      0.2, 1e-12);
}

TEST(FramePlaces, PacedOnesLieWhereTheyAreSaidTo) {
  const TravelRequest request = request_of(TravelMode::Linear, Genesis::Fixed, Compat::None);
  const StagePlan plan = plan_of("3,1");
  // Gaps may give frames to each other.
  const std::vector<FramePlace> places =
      paced_places(plan, request, {{{0.9}, {0.1, 0.2, 0.4}}, {}});
  ASSERT_EQ(places.size(), 7u);
  EXPECT_EQ(places[1], (FramePlace{0, 0.9, 1, 1, 0.9}));
  EXPECT_EQ(places[2], (FramePlace{1, 0, 0, 0, 0}));
  EXPECT_EQ(places[4], (FramePlace{1, 0.2, 2, 3, 0.2}));
  EXPECT_EQ(stage_frames(places), (std::vector<std::int64_t>{0, 2, 6}));
  // Of walks in steps they are some of the steps.
  const std::vector<FramePlace> walked =
      paced_places(plan, request, {{{0.25, 0.5, 0.75}, {0.9}}, {7, 9}});
  EXPECT_EQ(walked[2], (FramePlace{0, 0.5, 4, 7, 0.5}));
  EXPECT_EQ(walked[5], (FramePlace{1, 0.9, 9, 9, 0.9}));
  EXPECT_EQ(paced_places(plan_of("2,2", true), request, {{{0.5}, {0.1, 0.2, 0.3}}, {}}).size(), 6u);
}

TEST(FramePlaces, OnABridgePlacesNeedNotBeStepsOfTheWalk) {
  const TravelRequest request = request_of(TravelMode::Replace, Genesis::Fixed, Compat::None);
  const FilmPace pace{{{0.25, 0.3, 0.75}, {0.5}}, {3, 1}, {{0, 0.25, 0.5, 2}}};
  const std::vector<FramePlace> places = paced_places(plan_of("3,1"), request, pace);
  EXPECT_EQ(places[2], (FramePlace{0, 0.3, 1, 3, 0.3}));
  EXPECT_EQ(bridge_at(pace.bridges, 0, 0.3), &pace.bridges[0]);
  EXPECT_EQ(bridge_at(pace.bridges, 0, 0.25), nullptr);
  EXPECT_EQ(bridge_at(pace.bridges, 1, 0.3), nullptr);
  FrameSpot spot;
  spot.step = 1;
  EXPECT_TRUE(is_lone_frame({}, spot));
  spot.bridge = pace.bridges[0];
  EXPECT_FALSE(is_lone_frame({}, spot));
}

TEST(FramePlaces, APaceThatDoesNotFitIsRefused) {
  const TravelRequest request = request_of(TravelMode::Linear, Genesis::Fixed, Compat::None);
  const FilmPace wrong[] = {{{{0.5}}, {}},
                            {{{0.5}, {0.1, 0.2}}, {}},
                            {{{0.2, 0.2, 0.3}, {0.5}}, {}},
                            {{{0.0, 0.2, 0.3}, {0.5}}, {}},
                            {{{0.1, 0.2, 1.0}, {0.5}}, {}},
                            {{{0.25, 0.5, 0.7}, {0.5}}, {7, 1}},
                            {{{0.25, 0.5, 0.75}, {0.5}}, {7}},
                            {{{0.25, 0.5, 0.75}, {0.5}}, {}, {{2, 0.1, 0.2, 3}}},
                            {{{0.25, 0.5, 0.75}, {0.5}}, {}, {{0, 0.2, 0.2, 3}}},
                            {{{0.25, 0.5, 0.75}, {0.5}}, {}, {{0, 0.1, 0.2, 0}}},
                            // An end of a bridge does not lie on it.
                            {{{0.25, 0.3, 0.75}, {0.5}}, {7, 1}, {{0, 0.3, 0.5, 2}}}};
  for (const FilmPace& pace : wrong) {
    expect_error(ErrorCode::InvalidArgument, "[pace]",
                 [&] { paced_places(plan_of("3,1"), request, pace); });
  }
}

TEST(FramePlaces, ALoopEndsBeforeItsBeginning) {
  const auto places = frame_places(plan_of("2,3", true), {});
  ASSERT_EQ(places.size(), 2u + 2 + 3);
  EXPECT_FALSE(places.back().at_stage());
  EXPECT_EQ(places.back().stage, 1);
}

FilmOrder order_of(TravelMode mode, Genesis genesis, Compat compat) {
  const StagePlan plan = plan_of("2,2");
  const TravelRequest request = request_of(mode, genesis, compat);
  return film_order(frame_places(plan, request), plan, request);
}

TEST(FilmOrder, TargetsComeFirstWhereWalksGoByThem) {
  using testing::ElementsAre;
  EXPECT_THAT(order_of(TravelMode::Linear, Genesis::Fixed, Compat::None).drawing,
              ElementsAre(0, 1, 2, 3, 4, 5, 6));
  const FilmOrder grad = order_of(TravelMode::Grad, Genesis::Fixed, Compat::None);
  EXPECT_THAT(grad.drawing, ElementsAre(0, 3, 1, 2, 6, 4, 5));
  EXPECT_THAT(grad.target, ElementsAre(3, 6));
  EXPECT_THAT(order_of(TravelMode::Grad, Genesis::Successive, Compat::None).drawing,
              ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST(FilmOrder, ChainsStartFromTheFrameBeforeOrAsTheFirstVersionHadIt) {
  using testing::ElementsAre;
  const auto none = std::optional<std::int64_t>();
  const auto start = [](TravelMode mode, Compat compat) {
    return order_of(mode, Genesis::Successive, compat).start_from;
  };
  EXPECT_THAT(start(TravelMode::Linear, Compat::None), ElementsAre(none, 0, 1, 2, 3, 4, 5));
  EXPECT_THAT(start(TravelMode::Linear, Compat::First), ElementsAre(none, 0, 0, 0, 3, 3, 3));
  EXPECT_THAT(start(TravelMode::Grad, Compat::First), ElementsAre(none, 0, 0, 0, 2, 2, 2));
  EXPECT_THAT(order_of(TravelMode::Linear, Genesis::Fixed, Compat::First).start_from,
              testing::Each(none));
}

}  // namespace
}  // namespace ptravel
