#include "diffusion/conditioning.h"

#include <ATen/ATen.h>

#include "diffusion/switch_points.h"
#include "ptravel/error.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

at::Tensor context(double value, std::int64_t tokens = 3) { return at::full({tokens, 2}, value); }

double value_at(const ScheduledConditioning& schedule, int call) {
  return schedule.at_call(call)[0][0].item<double>();
}

TEST(ScheduledConditioning, FirstEntryLastsOneCallLonger) {
  ScheduledConditioning schedule;
  schedule.entries = {{5, context(1)}, {20, context(2)}};
  EXPECT_EQ(value_at(schedule, 0), 1);
  EXPECT_EQ(value_at(schedule, 5), 1);
  EXPECT_EQ(value_at(schedule, 6), 2);
  EXPECT_EQ(value_at(schedule, 20), 2);
}

TEST(ScheduledConditioning, CallsBeyondThePlanUseTheFirstEntry) {
  ScheduledConditioning schedule;
  schedule.entries = {{5, context(1)}, {20, context(2)}};
  EXPECT_EQ(value_at(schedule, 21), 1);
  EXPECT_EQ(value_at(ScheduledConditioning(context(3)), 1000), 3);
}

TEST(SwitchPoints, EveryPairThatIsActiveTogetherComesOnce) {
  struct Entry {
    int end_at_step;
    char text;
  };
  const std::vector<Entry> from = {{4, 'a'}, {10, 'b'}};
  const std::vector<Entry> to = {{6, 'x'}, {10, 'y'}};
  std::string pairs;
  for (const auto& pair : pairs_at_switch_points(from, to)) {
    pairs += std::to_string(pair.end_at_step) + pair.from.text + pair.to.text + " ";
  }
  EXPECT_EQ(pairs, "4ax 6bx 10by ");
}

TEST(Conditioning, PaddingRepeatsTheLastRow) {
  const at::Tensor rows = at::arange(6, at::kFloat).view({3, 2});
  const at::Tensor padded = pad_context(rows, 5);
  EXPECT_TRUE(padded.slice(0, 0, 3).equal(rows));
  EXPECT_TRUE(padded[3].equal(rows[2]));
  EXPECT_TRUE(padded[4].equal(rows[2]));
  EXPECT_TRUE(pad_context(rows, 2).equal(rows));
}

TEST(Conditioning, BadConditioningIsRefused) {
  const ImageConditioning good{{{ScheduledConditioning(context(1)), 1.0}},
                               ScheduledConditioning(context(2, 7))};
  EXPECT_NO_THROW(check_conditioning({good}));
  EXPECT_THROW(check_conditioning({}), Error);
  ImageConditioning no_parts = good;
  no_parts.parts.clear();
  EXPECT_THROW(check_conditioning({no_parts}), Error);
  ImageConditioning no_uncond = good;
  no_uncond.uncond.entries.clear();
  EXPECT_THROW(check_conditioning({no_uncond}), Error);
  ImageConditioning other_width = good;
  other_width.uncond = ScheduledConditioning(at::zeros({3, 4}));
  EXPECT_THROW(check_conditioning({good, other_width}), Error);
  ImageConditioning wrong_rank = good;
  wrong_rank.uncond = ScheduledConditioning(at::zeros({1, 3, 2}));
  EXPECT_THROW(check_conditioning({wrong_rank}), Error);
}

}  // namespace
}  // namespace ptravel
