#include "text/prompt_schedule.h"

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Schedule = std::vector<ScheduledText>;

Schedule ten_steps(std::string_view prompt) {
  PromptScheduleOptions options;
  options.steps = 10;
  return parse_prompt_schedule(prompt, options);
}

TEST(PromptSchedule, Editing) {
  EXPECT_EQ(ten_steps("test"), (Schedule{{10, "test"}}));
  EXPECT_EQ(ten_steps("a [b:3]"), (Schedule{{3, "a "}, {10, "a b"}}));
  EXPECT_EQ(ten_steps("[a::5]"), (Schedule{{5, "a"}, {10, ""}}));
  EXPECT_EQ(ten_steps("a[b:[c:d: 2 ]:1]e"), (Schedule{{1, "abe"}, {2, "ace"}, {10, "ade"}}));
  EXPECT_EQ(ten_steps("([a:b:3]:1.2)"), (Schedule{{3, "(a:1.2)"}, {10, "(b:1.2)"}}));
}

TEST(PromptSchedule, FractionsAndSteps) {
  EXPECT_EQ(ten_steps("[a:b:.25]"), (Schedule{{2, "a"}, {10, "b"}}));
  EXPECT_EQ(ten_steps("[a:b:1.0]"), (Schedule{{10, "a"}}));
  EXPECT_EQ(ten_steps("[a:b:1]"), (Schedule{{1, "a"}, {10, "b"}}));
  EXPECT_EQ(ten_steps("[a:b:-1]"), (Schedule{{10, "b"}}));
  EXPECT_EQ(ten_steps("[a:b:1e999]"), (Schedule{{10, "a"}}));
}

TEST(PromptSchedule, SecondPass) {
  PromptScheduleOptions options;
  options.steps = 10;
  options.hires_steps = 8;
  EXPECT_EQ(parse_prompt_schedule("[a:b:1.5]", options), (Schedule{{4, "a"}, {8, "b"}}));
  EXPECT_EQ(parse_prompt_schedule("[a:b:12]", options), (Schedule{{2, "a"}, {8, "b"}}));
  options.old_scheduling = true;
  EXPECT_EQ(parse_prompt_schedule("[a:b:0.5]", options), (Schedule{{5, "a"}, {10, "b"}}));
}

TEST(PromptSchedule, Alternation) {
  const Schedule schedule = ten_steps("[fe|]male");
  ASSERT_EQ(schedule.size(), 10u);
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    EXPECT_EQ(schedule[i].end_at_step, static_cast<int>(i) + 1);
    EXPECT_EQ(schedule[i].text, i % 2 == 0 ? "female" : "male");
  }
}

TEST(PromptSchedule, WhatIsNoGroupIsText) {
  for (const std::string text : {"[a:b]", "[a:b:c:3]", "a [unbalanced", "] ) :", "\\[a:b:3\\]",
                                 "[a:b:x]", "[]", "(a:b:3)", "[a:(b:3]", "x:y", ""}) {
    EXPECT_EQ(ten_steps(text), (Schedule{{10, text}}));
  }
}

TEST(PromptSchedule, UnreadablePromptsAreVerbatim) {
  for (const std::string text :
       {"x|y [a:b:3]", "(x|y) [c:3]", "[a:b:3]\\", "[a:b:3]\\\n", "[a|b:3]"}) {
    EXPECT_EQ(ten_steps(text), (Schedule{{10, text}}));
  }
}

TEST(PromptSchedule, StrayBracketsBesideGroups) {
  EXPECT_EQ(ten_steps("((a][:b:c [d:3]"), (Schedule{{3, "((a][:b:c "}, {10, "((a][:b:c d"}}));
  EXPECT_EQ(ten_steps("[x:[a:b:3]"), (Schedule{{3, "[x:a"}, {10, "[x:b"}}));
}

TEST(PromptSchedule, DeepNestingNeedsNoStack) {
  const int depth = 100000;
  std::string nested;
  std::string closing;
  for (int i = 0; i < depth; ++i) {
    nested += "[a|";
    closing += "]";
  }
  PromptScheduleOptions options;
  options.steps = 2;
  EXPECT_EQ(parse_prompt_schedule(nested + closing, options), (Schedule{{1, "a"}, {2, ""}}));
  EXPECT_EQ(parse_prompt_schedule(std::string(depth, '('), options).size(), 1u);
}

TEST(PromptSchedule, EndsAscendAndReachTheLastStep) {
  const Schedule schedule = ten_steps("[a:b:7] [c:d:2] [e:f:.5] [g:h:2]");
  ASSERT_EQ(schedule.size(), 4u);
  for (std::size_t i = 1; i < schedule.size(); ++i) {
    EXPECT_LT(schedule[i - 1].end_at_step, schedule[i].end_at_step);
  }
  EXPECT_EQ(schedule.back().end_at_step, 10);
}

TEST(PromptSchedule, StepsMustBePositive) {
  PromptScheduleOptions options;
  options.steps = 0;
  EXPECT_THROW(parse_prompt_schedule("a", options), Error);
  options.steps = 1;
  options.hires_steps = 0;
  EXPECT_THROW(parse_prompt_schedule("a", options), Error);
}

}  // namespace
}  // namespace ptravel
