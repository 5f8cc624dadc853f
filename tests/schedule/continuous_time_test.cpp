#include "schedule/continuous_time.h"

#include <cmath>

#include <gtest/gtest.h>

#include "schedule/sampling_names.h"
#include "schedule/sigma_table.h"

namespace ptravel {
namespace {

TEST(ContinuousTime, AgreesWithTheTableAtTrainingTimes) {
  const std::vector<double> alphas_cumprod = default_alphas_cumprod();
  const ContinuousTime time(alphas_cumprod);
  for (const int i : {0, 1, 500, 999}) {
    const double t = (i + 1) / 1000.0;
    EXPECT_NEAR(time.alpha(t), std::sqrt(alphas_cumprod[i]), 1e-12);
    EXPECT_NEAR(time.std(t), std::sqrt(1 - alphas_cumprod[i]), 1e-12);
    EXPECT_NEAR(time.model_time(t), i, 1e-9);
  }
}

TEST(ContinuousTime, LambdaIsInverted) {
  const ContinuousTime time(default_alphas_cumprod());
  for (const double t : {0.001, 0.0123, 0.5, 0.9, 1.0}) {
    EXPECT_NEAR(time.time_of_lambda(time.lambda(t)), t, 1e-9);
  }
}

TEST(ContinuousTime, TimesFallFromStartToTheSmallest) {
  const ContinuousTime time(default_alphas_cumprod());
  for (const auto& [skip, name] : kUnipcSkipNames.entries) {
    for (const double start : {1.0, 0.4}) {
      const std::vector<double> times = unipc_times(time, skip, start, 7);
      ASSERT_EQ(times.size(), 8u) << name;
      EXPECT_NEAR(times.front(), start, 1e-9);
      EXPECT_NEAR(times.back(), 0.001, 1e-9);
      for (std::size_t i = 1; i < times.size(); ++i) {
        EXPECT_LT(times[i], times[i - 1]) << name;
      }
    }
  }
}

}  // namespace
}  // namespace ptravel
