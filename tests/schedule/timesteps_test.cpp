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
