#include "travel/mode_linear.h"

#include <ATen/ATen.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

at::Tensor ramp(std::int64_t tokens, double start) {
  return at::arange(tokens * 4, at::kFloat).reshape({tokens, 4}) * 0.1 + start;
}

ScheduledConditioning schedule(std::vector<std::pair<int, at::Tensor>> entries) {
  ScheduledConditioning result;
  for (auto& [end, tensor] : entries) {
    result.entries.push_back({end, make_conditioning({tensor})});
  }
  return result;
}

TEST(ModeLinear, WhatIsTheSameAtBothEndsStaysItself) {
  const SharedConditioning same = make_conditioning({ramp(2, 0)});
  ScheduledConditioning from(same), to(same);
  EXPECT_EQ(mix_schedules(from, to, 0.3, {}).at_call(0), same);
  to = ScheduledConditioning(TextEncoding{ramp(2, 0)});
  EXPECT_EQ(mix_schedules(from, to, 0.3, {}).at_call(0), same) << "equal by number";
  EXPECT_EQ(mix_schedules(from, to, 0, {}).at_call(0), same);
}

TEST(ModeLinear, ShorterStageIsPaddedWithTheEmptyPromptOrZeros) {
  LinearMode mode;
  mode.pairing.padding.empty_prompt = {at::full({2, 4}, 7.0f)};
  const SharedConditioning shorter = make_conditioning({ramp(3, 0)});
  const SharedConditioning padded = padded_to(shorter, 6, mode.pairing.padding);
  EXPECT_EQ(padded_to(shorter, 3, mode.pairing.padding), shorter);
  EXPECT_CLOSE(padded->text.tokens.narrow(0, 3, 3), at::full({3, 4}, 7.0f), 0);
  mode.pairing.padding.kind = StagePadding::Zero;
  EXPECT_CLOSE(padded_to(shorter, 6, mode.pairing.padding)->text.tokens.narrow(0, 3, 3),
               at::zeros({3, 4}), 0);
  const ScheduledConditioning mixed =
      mix_schedules(schedule({{8, ramp(2, 0)}}), schedule({{8, ramp(4, 1)}}), 0.5, mode);
  EXPECT_EQ(mixed.entries.at(0).conditioning->text.length(), 4);
}

TEST(ModeLinear, PromptEditingGoesOnDuringTheTravel) {
  const at::Tensor a = ramp(2, 0), b = ramp(2, 1), c = ramp(2, 5);
  const ScheduledConditioning mixed =
      mix_schedules(schedule({{3, a}, {8, b}}), schedule({{8, c}}), 0.5, {});
  ASSERT_EQ(mixed.entries.size(), 2u);
  EXPECT_EQ(mixed.entries[0].end_at_step, 3);
  EXPECT_CLOSE(mixed.entries[0].conditioning->text.tokens, (a + c) / 2, 1e-6);
  EXPECT_CLOSE(mixed.entries[1].conditioning->text.tokens, (b + c) / 2, 1e-6);
}

TEST(ModeLinear, AlignedTokensTakeTheShortestWayAndBothEndsAreExact) {
  LinearMode mode;
  mode.pairing.alignment = TokenAlignment::OptimalTransport;
  const at::Tensor a = ramp(6, 0);
  const at::Tensor order = at::tensor({0, 3, 5, 1, 2, 4}, at::kLong);
  const at::Tensor shuffled = a.index_select(0, order) + 0.5;
  ImageConditioning from, to;
  from.parts.push_back({schedule({{8, a}}), 1});
  to.parts.push_back({schedule({{8, shuffled}}), 1});
  from.uncond = schedule({{8, -a}});
  to.uncond = schedule({{8, -shuffled}});
  const ImageConditioning mixed = mix_conditionings(from, to, 0.5, mode);
  EXPECT_CLOSE(mixed.parts[0].schedule.at_call(0)->text.tokens, a + 0.25, 1e-6);
  EXPECT_CLOSE(mixed.uncond.at_call(0)->text.tokens, -a - 0.25, 1e-6);
  for (const auto& [alpha, end] : {std::pair(0.0, &from), std::pair(1.0, &to)}) {
    const ImageConditioning here = mix_conditionings(from, to, alpha, mode);
    EXPECT_EQ(here.parts[0].schedule.at_call(0), end->parts[0].schedule.at_call(0)) << alpha;
    EXPECT_EQ(here.uncond.at_call(0), end->uncond.at_call(0)) << alpha;
  }
}

TEST(ModeLinear, PartsWithoutPartnerFade) {
  ImageConditioning from, to;
  from.uncond = to.uncond = schedule({{8, ramp(2, 9)}});
  from.parts.push_back({schedule({{8, ramp(2, 0)}}), 1.0});
  to.parts.push_back({schedule({{8, ramp(2, 1)}}), 0.5});
  to.parts.push_back({schedule({{8, ramp(2, 2)}}), 2.0});
  const ImageConditioning mixed = mix_conditionings(from, to, 0.25, {});
  ASSERT_EQ(mixed.parts.size(), 2u);
  EXPECT_DOUBLE_EQ(mixed.parts[0].weight, 0.875);
  EXPECT_DOUBLE_EQ(mixed.parts[1].weight, 0.5);
}

}  // namespace
}  // namespace ptravel
