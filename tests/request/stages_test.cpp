#include "request/stages.h"

#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "ptravel/request.h"

namespace ptravel {
namespace {

StageRules rules(SingleStage single) {
  StageRules result;
  result.single = single;
  return result;
}

TEST(Stages, LinesAreTrimmedAndTheShorterListIsExtended) {
  const StagePlan plan = plan_stages(" a \r\n\n b \n", "x", "3", rules(SingleStage::Keep));
  EXPECT_EQ(plan.prompts, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(plan.negative_prompts, (std::vector<std::string>{"x", "x"}));
  EXPECT_EQ(plan.steps, std::vector<std::int64_t>{3});
  const StagePlan more = plan_stages("a", "x\ny\nz", "1,2", rules(SingleStage::Keep));
  EXPECT_EQ(more.prompts, (std::vector<std::string>{"a", "a", "a"}));
}

TEST(Stages, MarksCommentsAndBlankLinesAreNoStages) {
  const StagePlan plan = plan_stages(
      "\xEF\xBB\xBF# my stages\n  # more\ngirl, smile # the first\n\xE3\x80\x80\n\xEF\xBB\xBF"
      "boy\n#\n",
      "ugly", "3", rules(SingleStage::Keep));
  EXPECT_EQ(plan.prompts, (std::vector<std::string>{"girl, smile", "boy"}));
}

TEST(Stages, AnEmptyEntryIsAStage) {
  EXPECT_EQ(lines_of_entries({"", "bad"}), "\"\"\nbad");
  EXPECT_EQ(lines_of_entries({""}), "");
  EXPECT_EQ(lines_of_entries({"a", "b\nc"}), "a\nb\nc");
  const StagePlan plan =
      plan_stages("a\nb", lines_of_entries({"", "bad"}), "3", rules(SingleStage::Keep));
  EXPECT_EQ(plan.negative_prompts, (std::vector<std::string>{"", "bad"}));
}

TEST(Stages, OneLine) {
  EXPECT_EQ(plan_stages("a", "", "30", rules(SingleStage::Keep)).stage_count(), 1);
  EXPECT_EQ(plan_stages("a", "", "30", rules(SingleStage::Double)).stage_count(), 2);
  EXPECT_THROW(plan_stages("a", "", "30", rules(SingleStage::Refuse)), Error);
}

TEST(Stages, ListsAskForStagesAndALoopAddsTheFirstAgain) {
  StageRules least;
  least.least = 3;
  EXPECT_EQ(plan_stages("a\nb", "", "4", least).prompts, (std::vector<std::string>{"a", "b", "b"}));
  StageRules loop;
  loop.loop = true;
  const StagePlan plan = plan_stages("a\nb", "x\ny", "4,5", loop);
  EXPECT_EQ(plan.prompts, (std::vector<std::string>{"a", "b", "a"}));
  EXPECT_EQ(plan.negative_prompts, (std::vector<std::string>{"x", "y", "x"}));
  EXPECT_TRUE(plan.loops);
  EXPECT_THROW(plan_stages("a\nb", "", "4,5,6", loop), Error);
  EXPECT_FALSE(plan_stages("a", "", "4", loop).loops);
}

TEST(Stages, BadInput) {
  EXPECT_THROW(plan_stages(" \n ", "", "3", rules(SingleStage::Keep)), Error);
  EXPECT_THROW(plan_stages("a\nb\nc", "", "1,2,3", rules(SingleStage::Keep)), Error);
  for (const char* bad : {"", "x", "3,", "2.5", "99999999999"}) {
    EXPECT_THROW(plan_stages("a\nb", "", bad, rules(SingleStage::Keep)), Error) << bad;
  }
}

}  // namespace
}  // namespace ptravel
