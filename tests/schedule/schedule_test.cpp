#include "schedule/schedule.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

class Schedules : public testing::TestWithParam<std::string> {};

TEST_P(Schedules, FallToTheirEnd) {
  for (const int num_steps : {1, 2, 7, 20, 150}) {
    const Sigmas sigmas = make_schedule(GetParam(), SigmaTable(), num_steps);
    ASSERT_GE(sigmas.size(), static_cast<std::size_t>(num_steps) + 1);
    for (std::size_t i = 1; i < sigmas.size(); ++i) {
      EXPECT_LT(sigmas[i], sigmas[i - 1]) << num_steps << " steps, value " << i;
    }
    // KL Optimal ends at the lowest sigma, as in the web UI.
    EXPECT_EQ(sigmas.back() == 0, GetParam() != "kl_optimal");
  }
}

TEST_P(Schedules, BadInputIsRefused) {
  const SigmaTable table;
  EXPECT_THROW(make_schedule(GetParam(), table, 0), Error);
  EXPECT_THROW(make_schedule(GetParam(), table, -3), Error);
  EXPECT_THROW(make_schedule(GetParam(), table, 5, {.sigma_min = 10, .sigma_max = 1}), Error);
  EXPECT_THROW(make_schedule(GetParam(), table, 5, {.sigma_min = -1}), Error);
  EXPECT_THROW(make_schedule(GetParam(), table, 5, {.rho = std::nan("")}), Error);
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const ScheduleInfo& info : schedule_infos()) {
    if (info.name != "automatic") {
      names.emplace_back(info.name);
    }
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Schedules, testing::ValuesIn(schedule_names()), [](const auto& info) {
  return info.param;
});

TEST(Schedule, KnownKarrasValues) {
  const Sigmas sigmas = make_schedule("karras", SigmaTable(), 20);
  EXPECT_NEAR(sigmas[0], 14.6146, 1e-4);
  EXPECT_NEAR(sigmas[1], 11.7254, 1e-4);
  EXPECT_NEAR(sigmas[19], 0.0292, 1e-4);
  const Sigmas wide =
      make_schedule("karras", SigmaTable(), 20, {.sigma_min = 0.1, .sigma_max = 10});
  EXPECT_NEAR(wide[0], 10, 1e-5);
  EXPECT_NEAR(wide[19], 0.1, 1e-6);
}

/// Sigmas of diffusers 0.31, timestep_spacing "trailing".
TEST(Schedule, TrailingBeginsAtTheLastLevel) {
  const Sigmas sigmas = make_schedule("trailing", SigmaTable(), 6);
  const Sigmas expected = {14.614647, 5.934704, 2.918308, 1.612887, 0.929215, 0.49241, 0};
  ASSERT_EQ(sigmas.size(), expected.size());
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    EXPECT_NEAR(sigmas[i], expected[i], 1e-5) << i;
  }
  EXPECT_THROW(make_schedule("trailing", SigmaTable(), 1001), Error);
}

TEST(Schedule, UnknownNamesAreRefused) {
  EXPECT_THROW(make_schedule("automatic", SigmaTable(), 5), Error);
  EXPECT_THROW(make_schedule("quadratic", SigmaTable(), 5), Error);
  EXPECT_THROW(make_schedule("beta", SigmaTable(), 5, {.beta_alpha = 0}), Error);
}

TEST(Schedule, PenultimateIsDropped) {
  EXPECT_EQ(without_penultimate({4, 2, 1, 0}), (Sigmas{4, 2, 0}));
}

}  // namespace
}  // namespace ptravel
