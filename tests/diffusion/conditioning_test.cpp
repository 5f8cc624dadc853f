#include "diffusion/conditioning.h"

#include <ATen/ATen.h>

#include "diffusion/conditioning_pool.h"
#include "diffusion/switch_points.h"
#include "ptravel/error.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

TextEncoding text(double value, std::int64_t tokens = 3) { return {at::full({tokens, 2}, value)}; }

double value_at(const ScheduledConditioning& schedule, int call) {
  return schedule.at_call(call)->text.tokens[0][0].item<double>();
}

TEST(ScheduledConditioning, FirstEntryLastsOneCallLonger) {
  ScheduledConditioning schedule;
  schedule.entries = {{5, make_conditioning(text(1))}, {20, make_conditioning(text(2))}};
  EXPECT_EQ(value_at(schedule, 0), 1);
  EXPECT_EQ(value_at(schedule, 5), 1);
  EXPECT_EQ(value_at(schedule, 6), 2);
  EXPECT_EQ(value_at(schedule, 20), 2);
}

TEST(ScheduledConditioning, CallsBeyondThePlanUseTheFirstEntry) {
  ScheduledConditioning schedule;
  schedule.entries = {{5, make_conditioning(text(1))}, {20, make_conditioning(text(2))}};
  EXPECT_EQ(value_at(schedule, 21), 1);
  EXPECT_EQ(value_at(ScheduledConditioning(text(3)), 1000), 3);
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

TEST(Conditioning, AnotherTextIsAnotherIdentity) {
  auto hinted = std::make_shared<Conditioning>(text(1));
  hinted->adapter_strengths.push_back({"pixel", 0.5});
  const SharedConditioning one = hinted;
  EXPECT_EQ(with_text(one, one->text), one) << "its own text: itself";
  const SharedConditioning other = with_text(one, text(2));
  EXPECT_NE(other, one);
  EXPECT_EQ(other->adapter_strengths.at(0).model, "pixel") << "everything else goes along";
}

/// Whoever attends to a picture has that one's strengths for its text, padded or not.
TEST(Conditioning, WhatIsAttendedToIsAsStrongAsItsPicture) {
  const auto image = [](SharedConditioning conditioning) {
    ImageConditioning result;
    result.parts.push_back({ScheduledConditioning(std::move(conditioning))});
    result.uncond = ScheduledConditioning(text(9));
    return result;
  };
  const SharedConditioning from = make_conditioning(text(1)), to = make_conditioning(text(2, 6));
  const SharedConditioning padded = with_text(from, text(1, 6));
  const SharedConditioning own =
      with_attention(make_conditioning(text(3)), AttentionMix{{}, from, to, padded, to});
  const auto images =
      with_side_strengths({image(own), image(from), image(to)}, {{0.5F, 0}, {1, -1}, {2, 3}});
  const auto at = [&](std::size_t i) { return images[i].parts[0].schedule.at_call(0); };
  EXPECT_EQ(at(0)->side_strengths, (std::vector<float>{0.5F, 0}));
  const AttentionMix& mix = *at(0)->attention;
  EXPECT_EQ(mix.from, at(1));
  EXPECT_EQ(mix.to, at(2));
  EXPECT_EQ(mix.to_text, at(2));
  EXPECT_EQ(mix.from_text->side_strengths, (std::vector<float>{1, -1}));
  EXPECT_TRUE(mix.from_text->text.tokens.is_same(padded->text.tokens));
  EXPECT_EQ(images[2].uncond.at_call(0)->side_strengths, (std::vector<float>{2, 3}));
}

TEST(ConditioningPool, EqualNumbersGetOneIdentity) {
  ConditioningPool pool;
  const SharedConditioning first = pool.share(make_conditioning(text(1)));
  EXPECT_EQ(pool.share(make_conditioning(text(1))), first);
  EXPECT_NE(pool.share(make_conditioning(text(2))), first);
  EXPECT_NE(pool.share(make_conditioning(text(1, 4))), first);
  const SharedConditioning pooled =
      pool.share(make_conditioning({first->text.tokens.clone(), at::ones({5})}));
  EXPECT_NE(pooled, first);
  auto hinted = std::make_shared<Conditioning>(text(1));
  hinted->adapter_strengths.push_back({"pixel", 0.5});
  EXPECT_NE(pool.share(hinted), first);
  ImageConditioning image{{{ScheduledConditioning(text(1)), 1.0}}, ScheduledConditioning(text(1))};
  image = pool.share(image);
  EXPECT_EQ(image.parts[0].schedule.at_call(0), first);
  EXPECT_EQ(image.uncond.at_call(0), first);
}

TEST(ConditioningPool, KeepsNothingAlive) {
  ConditioningPool pool;
  std::weak_ptr<const Conditioning> gone = pool.share(make_conditioning(text(1)));
  EXPECT_TRUE(gone.expired());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_NE(pool.share(make_conditioning(text(i))), nullptr);
  }
}

TEST(Conditioning, BadConditioningIsRefused) {
  const ImageConditioning good{{{ScheduledConditioning(text(1)), 1.0}},
                               ScheduledConditioning(text(2, 7))};
  EXPECT_NO_THROW(check_conditioning({good}));
  EXPECT_THROW(check_conditioning({}), Error);
  ImageConditioning no_parts = good;
  no_parts.parts.clear();
  EXPECT_THROW(check_conditioning({no_parts}), Error);
  ImageConditioning no_uncond = good;
  no_uncond.uncond.entries.clear();
  EXPECT_THROW(check_conditioning({no_uncond}), Error);
  ImageConditioning other_width = good;
  other_width.uncond = ScheduledConditioning(TextEncoding{at::zeros({3, 4})});
  EXPECT_THROW(check_conditioning({good, other_width}), Error);
  ImageConditioning wrong_rank = good;
  wrong_rank.uncond = ScheduledConditioning(TextEncoding{at::zeros({1, 3, 2})});
  EXPECT_THROW(check_conditioning({wrong_rank}), Error);
}

}  // namespace
}  // namespace ptravel
