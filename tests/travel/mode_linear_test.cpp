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
    result.entries.push_back({end, tensor});
  }
  return result;
}

TEST(ModeLinear, EndpointsGiveBackTheInputs) {
  const at::Tensor a = ramp(3, 1), b = ramp(3, -2);
  for (const auto& mix : {lerp, slerp_rows}) {
    EXPECT_TRUE(mix(a, b, 0).is_same(a));
    EXPECT_TRUE(mix(a, b, 1).is_same(b));
  }
}

TEST(ModeLinear, SlerpKeepsTheLengthOfUnitRows) {
  const at::Tensor a = ramp(5, 1), b = ramp(5, -3);
  const at::Tensor unit_a = a / a.norm(2, {-1}, true), unit_b = b / b.norm(2, {-1}, true);
  const at::Tensor mixed = slerp_rows(unit_a, unit_b, 0.3);
  EXPECT_CLOSE(mixed.norm(2, {-1}), at::ones({5}), 1e-5);
}

TEST(ModeLinear, SlerpOfZeroOppositeOrEqualRowsIsLerp) {
  const at::Tensor a = ramp(2, 1);
  for (const at::Tensor& b : {at::zeros_like(a), -a, a.clone()}) {
    EXPECT_CLOSE(slerp_rows(a, b, 0.25), lerp(a, b, 0.25), 1e-6);
  }
}

TEST(ModeLinear, ShorterStageIsPaddedWithTheEmptyPromptOrZeros) {
  LinearMode mode;
  mode.padding.empty_encoding = at::full({2, 4}, 7.0f);
  const at::Tensor padded = padded_to(ramp(3, 0), 6, mode.padding);
  EXPECT_CLOSE(padded.narrow(0, 3, 3), at::full({3, 4}, 7.0f), 0);
  mode.padding.kind = StagePadding::Zero;
  EXPECT_CLOSE(padded_to(ramp(3, 0), 6, mode.padding).narrow(0, 3, 3), at::zeros({3, 4}), 0);
  const ScheduledConditioning mixed =
      mix_schedules(schedule({{8, ramp(2, 0)}}), schedule({{8, ramp(4, 1)}}), 0.5, mode);
  EXPECT_EQ(mixed.entries.at(0).context.size(0), 4);
}

TEST(ModeLinear, PromptEditingGoesOnDuringTheTravel) {
  const at::Tensor a = ramp(2, 0), b = ramp(2, 1), c = ramp(2, 5);
  const ScheduledConditioning mixed =
      mix_schedules(schedule({{3, a}, {8, b}}), schedule({{8, c}}), 0.5, {});
  ASSERT_EQ(mixed.entries.size(), 2u);
  EXPECT_EQ(mixed.entries[0].end_at_step, 3);
  EXPECT_CLOSE(mixed.entries[0].context, (a + c) / 2, 1e-6);
  EXPECT_CLOSE(mixed.entries[1].context, (b + c) / 2, 1e-6);
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
