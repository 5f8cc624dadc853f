#include "request/frame_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

FramePlace between(std::int64_t stage, double alpha) { return {stage, alpha, 1, 3, alpha}; }

TEST(FrameSettings, ValuesAreMixedBetweenStages) {
  EXPECT_EQ(value_at({7}, between(5, 0.5)), 7);
  EXPECT_DOUBLE_EQ(value_at({7, 11, 5}, between(0, 0.25)), 8);
  EXPECT_DOUBLE_EQ(value_at({7, 11, 5}, between(1, 0.5)), 8);
  EXPECT_EQ(value_at({7, 11, 5}, {2, 0, 0, 0, 0}), 5);
  EXPECT_DOUBLE_EQ(value_at({7, 11, 5}, between(2, 0.5)), 6) << "a loop goes on to the first";
}

TEST(FrameSettings, SeedsAreThoseOfTheStagesAround) {
  TravelRequest request;
  request.seed = {1, 2, 2};
  using testing::ElementsAre;
  EXPECT_THAT(frame_request(request, {1, 0, 0, 0, 0}, 4).seed, ElementsAre(2));
  EXPECT_THAT(frame_request(request, between(0, 0.5), 2).seed, ElementsAre(1, 2));
  EXPECT_THAT(frame_request(request, between(1, 0.5), 6).seed, ElementsAre(2));
}

TEST(FrameSettings, VariationSeedsDependOnSeedAndFrame) {
  TravelRequest request;
  request.seed = {5};
  const auto subseed = [&](std::int64_t index) {
    return frame_request(request, {}, index).subseed;
  };
  EXPECT_EQ(subseed(3), subseed(3));
  EXPECT_NE(subseed(3), subseed(4));
  EXPECT_TRUE(subseed(3).given());
  const Seed third = subseed(3);
  request.seed = {6};
  EXPECT_NE(subseed(3), third);
  request.subseed = 9;
  EXPECT_EQ(subseed(3), 9);
  request.subseed = -1;
  request.compat = Compat::First;
  EXPECT_FALSE(subseed(3).given()) << "the first version took -1 for a seed";
}

TEST(FrameSettings, DerivedSeedsAreFixedAndSpread) {
  EXPECT_EQ(derived_seed(1, {2, 3}), derived_seed(1, {2, 3}));
  EXPECT_NE(derived_seed(1, {2, 3}), derived_seed(1, {3, 2}));
  EXPECT_NE(derived_seed(1, {2}), derived_seed(2, {1}));
  EXPECT_NE(derived_seed(0, {0}), derived_seed(0, {0, 0}));
}

TEST(FrameSettings, OneLineIsDoubledWhereFramesDifferAnyway) {
  TravelRequest request;
  EXPECT_EQ(stage_rules(request).single, SingleStage::Keep);
  request.mode = TravelMode::Grad;
  EXPECT_EQ(stage_rules(request).single, SingleStage::Double);
  request.mode = TravelMode::Linear;
  request.subseed_strength = {0.2};
  EXPECT_EQ(stage_rules(request).single, SingleStage::Double);
  request.subseed = 4;
  EXPECT_EQ(stage_rules(request).single, SingleStage::Keep);
  request.cfg_scale = {1, 2, 3};
  EXPECT_EQ(stage_rules(request).least, 3u);
}

TEST(FrameSettings, EmbryoStepsAreACountOrAPart) {
  TravelRequest request;
  request.steps = 20;
  const auto steps = [&](const char* text) {
    request.embryo_step = text;
    return embryo_steps(request);
  };
  EXPECT_EQ(steps("8"), 8);
  EXPECT_EQ(steps("0.4"), 8);
  EXPECT_EQ(steps("7.6"), 8);
  EXPECT_EQ(steps("0.95"), 19);
}

TEST(FrameSettings, EmbryoStepsOutOfRangeAreRefused) {
  TravelRequest request;
  for (const char* bad : {"", "x", "0", "-3", "20", "0.01", "nan"}) {
    request.embryo_step = bad;
    EXPECT_THROW(embryo_steps(request), Error) << bad;
  }
}

}  // namespace
}  // namespace ptravel
