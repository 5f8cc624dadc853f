#include "schedule/timesteps.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

TEST(Timesteps, AscendInsideTheTable) {
  for (const int num_steps : {1, 2, 15, 20, 30, 999, 1000}) {
    const std::vector<std::int64_t> timesteps = make_timesteps(num_steps);
    EXPECT_GE(timesteps.size(), static_cast<std::size_t>(num_steps));
    EXPECT_EQ(timesteps.front(), 1);
    EXPECT_LE(timesteps.back(), 999);
  }
  EXPECT_EQ(make_timesteps(30).size(), 31u);
  EXPECT_THROW(make_timesteps(0), Error);
  EXPECT_THROW(make_timesteps(1001), Error);
}

using Steps = std::vector<std::int64_t>;

/// As the schedulers that few-step models are published with space them (diffusers 0.31).
TEST(Timesteps, TrailingAndDistilledEndAtTheLastOne) {
  EXPECT_EQ(make_timesteps(1, Spacing::Trailing), (Steps{0, 999}));
  EXPECT_EQ(make_timesteps(3, Spacing::Trailing), (Steps{0, 332, 666, 999}));
  EXPECT_EQ(make_timesteps(4, Spacing::Trailing), (Steps{0, 249, 499, 749, 999}));
  EXPECT_EQ(make_timesteps(16, Spacing::Trailing), (Steps{0, 61, 124, 187, 249, 311, 374, 437, 499,
                                                          561, 624, 687, 749, 811, 874, 937, 999}));
  EXPECT_EQ(make_timesteps(1, Spacing::Distilled), (Steps{0, 999}));
  EXPECT_EQ(make_timesteps(3, Spacing::Distilled), (Steps{0, 339, 679, 999}));
  EXPECT_EQ(make_timesteps(4, Spacing::Distilled), (Steps{0, 259, 499, 759, 999}));
  EXPECT_EQ(make_timesteps(50, Spacing::Distilled)[1], 19);
  EXPECT_THROW(make_timesteps(51, Spacing::Distilled), Error);
  EXPECT_THROW(make_timesteps(0, Spacing::Trailing), Error);
  EXPECT_EQ(make_timesteps(1000, Spacing::Trailing).size(), 1001u);
}

/// The steps that samplers on sigmas take at the same strength: t_enc + 1.
TEST(Img2Img, TrailingTimestepsBeginWhereTheNoiseIs) {
  const Img2ImgTimesteps half = img2img_timesteps(img2img_steps(4, 0.5, false), Spacing::Trailing);
  EXPECT_EQ(half.used, (Steps{0, 249, 499, 749}));
  EXPECT_EQ(half.start, 749);
  const Img2ImgTimesteps all = img2img_timesteps(img2img_steps(4, 1, false), Spacing::Distilled);
  EXPECT_EQ(all.used, make_timesteps(4, Spacing::Distilled));
  EXPECT_EQ(all.start, 999);
  const Img2ImgTimesteps leading =
      img2img_timesteps(img2img_steps(4, 0.5, false), Spacing::Leading);
  EXPECT_EQ(leading.used, (Steps{1, 251}));
  EXPECT_EQ(leading.start, 501);
}

TEST(Img2Img, StepsFollowTheStrength) {
  const auto steps_run = [](double strength) {
    return img2img_steps(20, strength, false).t_enc + 1;
  };
  EXPECT_EQ(steps_run(0), 1);
  EXPECT_EQ(steps_run(0.3), 7);
  EXPECT_EQ(steps_run(0.5), 11);
  EXPECT_EQ(steps_run(0.75), 16);
  EXPECT_EQ(steps_run(1), 20);
  EXPECT_EQ(img2img_steps(20, 0.5, true).schedule_steps, 40);
  EXPECT_EQ(img2img_steps(20, 0.5, true).t_enc, 19);
  EXPECT_EQ(img2img_steps(20, 0, true).schedule_steps, 0);
}

TEST(Img2Img, BadStrengthsAreRefused) {
  EXPECT_THROW(img2img_steps(20, -0.1, false), Error);
  EXPECT_THROW(img2img_steps(20, 1.1, false), Error);
  EXPECT_THROW(img2img_steps(20, std::nan(""), false), Error);
  EXPECT_THROW(img2img_steps(0, 0.5, false), Error);
  EXPECT_THROW(img2img_steps(20, std::numeric_limits<double>::min(), true), Error);
}

}  // namespace
}  // namespace ptravel
