#include "travel/pairing.h"

#include <ATen/ATen.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

SharedConditioning filled(double value) {
  return make_conditioning({at::full({3, 2}, value, at::kFloat)});
}

ImageConditioning image(std::vector<ConditioningPart> parts) {
  ImageConditioning result;
  result.parts = std::move(parts);
  return result;
}

ScheduledConditioning schedule_of(std::vector<ScheduledConditioning::Entry> entries) {
  ScheduledConditioning result;
  result.entries = std::move(entries);
  return result;
}

const PairingRules kZeros = {{StagePadding::Zero, {}}};

TEST(Pairing, SchedulesMeetAtTheSwitchPointsOfBoth) {
  const auto from = image({{schedule_of({{4, filled(1)}, {10, filled(2)}}), 1}});
  const auto to = image({{schedule_of({{6, filled(5)}, {10, filled(6)}}), 1}});
  const Pairing pairing(from, to, kZeros);
  ASSERT_EQ(pairing.pairs().size(), 3u);  // 1-5 to step 4, 2-5 to step 6, 2-6 to step 10
  const auto parts = pairing.parts({filled(7), filled(8), filled(9)}, 0.5);
  const ScheduledConditioning& mixed = parts.at(0).schedule;
  EXPECT_TRUE(same_text(mixed.at_call(4), filled(7)));
  EXPECT_TRUE(same_text(mixed.at_call(5), filled(8)));
  EXPECT_TRUE(same_text(mixed.at_call(10), filled(9)));
}

TEST(Pairing, AlternatingPromptsMakeFewPairs) {
  std::vector<ScheduledConditioning::Entry> a, b;
  for (int step = 1; step <= 20; ++step) {
    a.push_back({step, filled(step % 2)});
    b.push_back({step, filled(10 + step % 2)});
  }
  const Pairing pairing(image({{schedule_of(a), 1}}), image({{schedule_of(b), 1}}), kZeros);
  EXPECT_EQ(pairing.pairs().size(), 2u);
  EXPECT_EQ(pairing.parts({filled(0), filled(1)}, 0).at(0).schedule.entries.size(), 20u);
}

TEST(Pairing, LonelyPartsFadeThroughTheirWeight) {
  const auto from =
      image({{ScheduledConditioning(filled(1)), 1.0}, {ScheduledConditioning(filled(2)), 0.8}});
  const auto to = image({{ScheduledConditioning(filled(3)), 2.0}});
  const Pairing pairing(from, to, kZeros);
  ASSERT_EQ(pairing.pairs().size(), 1u);
  const auto parts = pairing.parts({filled(9)}, 0.25);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_DOUBLE_EQ(parts[0].weight, 1.25);
  EXPECT_DOUBLE_EQ(parts[1].weight, 0.6);
  EXPECT_TRUE(same_text(parts[1].schedule.at_call(3), filled(2)));
}

/// Tokens of one number each.
SharedConditioning rows(const std::vector<float>& values) {
  return make_conditioning({at::tensor(values).unsqueeze(1)});
}

std::vector<float> values_of(const SharedConditioning& conditioning) {
  const at::Tensor values = conditioning->text.tokens.contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

TEST(Pairing, TokensAreAlignedPairByPairAfterPadding) {
  const PairingRules rules = {{StagePadding::Zero, {}}, TokenAlignment::OptimalTransport};
  const auto same = rows({5, 4, 3});
  const auto from = image({{schedule_of({{4, rows({9, 1, 2, 3})}, {10, rows({9, 3, 2, 1})}}), 1},
                           {schedule_of({{10, same}}), 1}});
  const auto to =
      image({{schedule_of({{10, rows({8, 2.5F, 1.5F})}}), 1}, {schedule_of({{10, same}}), 1}});
  const Pairing pairing(from, to, rules);
  ASSERT_EQ(pairing.pairs().size(), 3u);
  EXPECT_EQ(values_of(pairing.pairs()[0].from), (std::vector<float>{9, 1, 2, 3}));
  // The padding's 0 is nearest to 1; the first row stays, whatever its distance.
  EXPECT_EQ(values_of(pairing.pairs()[0].to), (std::vector<float>{8, 0, 1.5F, 2.5F}));
  EXPECT_EQ(values_of(pairing.pairs()[1].to), (std::vector<float>{8, 2.5F, 1.5F, 0}));
  EXPECT_EQ(pairing.pairs()[2].to, same) << "what stays the same stays itself";
  const Pairing row_by_row(from, to, kZeros);
  EXPECT_EQ(values_of(row_by_row.pairs()[0].to), (std::vector<float>{8, 2.5F, 1.5F, 0}));
}

}  // namespace
}  // namespace ptravel
