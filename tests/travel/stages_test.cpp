#include "travel/stages.h"

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

TEST(Stages, LinesAreTrimmedAndTheShorterListIsExtended) {
  const StagePlan plan = plan_stages(" a \r\n\n b \n", "x", "3", SingleStage::Keep);
  EXPECT_EQ(plan.prompts, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(plan.negative_prompts, (std::vector<std::string>{"x", "x"}));
  EXPECT_EQ(plan.steps, std::vector<std::int64_t>{3});
  EXPECT_EQ(plan.frame_count(), 5);
  const StagePlan more = plan_stages("a", "x\ny\nz", "1,2", SingleStage::Keep);
  EXPECT_EQ(more.prompts, (std::vector<std::string>{"a", "a", "a"}));
}

TEST(Stages, FrameCountIsStagesPlusSteps) {
  const StagePlan plan = plan_stages("a\nb\nc", "", "10,20", SingleStage::Keep);
  EXPECT_EQ(plan.frame_count(), 33);
  const auto places = frame_places(plan);
  ASSERT_EQ(places.size(), 33u);
  EXPECT_EQ(places[0], (FramePlace{0, 0.0}));
  EXPECT_EQ(places[1], (FramePlace{0, 1.0 / 11}));
  EXPECT_EQ(places[11], (FramePlace{1, 0.0}));
  EXPECT_EQ(places[32], (FramePlace{2, 0.0}));
}

TEST(Stages, OneLine) {
  EXPECT_EQ(plan_stages("a", "", "30", SingleStage::Keep).frame_count(), 1);
  EXPECT_EQ(plan_stages("a", "", "30", SingleStage::Double).frame_count(), 32);
  EXPECT_THROW(plan_stages("a", "", "30", SingleStage::Refuse), Error);
}

TEST(Stages, BadInput) {
  EXPECT_THROW(plan_stages(" \n ", "", "3", SingleStage::Keep), Error);
  EXPECT_THROW(plan_stages("a\nb\nc", "", "1,2,3", SingleStage::Keep), Error);
  for (const char* bad : {"", "x", "3,", "2.5", "99999999999"}) {
    EXPECT_THROW(plan_stages("a\nb", "", bad, SingleStage::Keep), Error) << bad;
  }
}

}  // namespace
}  // namespace ptravel
