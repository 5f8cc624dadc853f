#include "schedule/sigma_table.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

TEST(SigmaTable, HasTheKnownValues) {
  const SigmaTable table;
  EXPECT_EQ(table.size(), 1000);
  EXPECT_NEAR(table.alphas_cumprod()[0], 0.99915, 1e-9);
  EXPECT_NEAR(table.alphas_cumprod()[500], 0.2763327, 1e-6);
  EXPECT_NEAR(table.alphas_cumprod()[999], 0.0046601, 1e-6);
  EXPECT_NEAR(table.sigma_min(), 0.0291675, 1e-6);
  EXPECT_NEAR(table.sigma_max(), 14.614642, 1e-5);
}

TEST(SigmaTable, TimesAndSigmasAreInverse) {
  const SigmaTable table;
  for (const double t : {0.0, 0.4, 10.0, 499.5, 998.9, 999.0}) {
    EXPECT_NEAR(table.sigma_to_t(table.t_to_sigma(t)), t, 1e-5);
  }
  EXPECT_EQ(table.nearest_t(table.sigmas()[321]), 321);
}

TEST(SigmaTable, ValuesOutsideAreClamped) {
  const SigmaTable table;
  EXPECT_EQ(table.sigma_to_t(1e-3), 0);
  EXPECT_EQ(table.sigma_to_t(1e3), 999);
  EXPECT_NEAR(table.t_to_sigma(-5), table.sigma_min(), 1e-8);
  EXPECT_NEAR(table.t_to_sigma(5000), table.sigma_max(), 1e-5);
}

TEST(SigmaTable, ZeroTerminalSnrEndsInNoise) {
  const std::vector<double> before = default_alphas_cumprod();
  const std::vector<double> after = rescale_zero_terminal_snr(before);
  EXPECT_NEAR(after.front(), before.front(), 1e-12);
  EXPECT_EQ(after.back(), 4.8973451890853435e-08);
  EXPECT_NO_THROW(SigmaTable{after});
}

TEST(SigmaTable, LcmTableEndsWithTheLastLevel) {
  const SigmaTable table;
  const SigmaTable lcm = lcm_sigma_table(table);
  EXPECT_EQ(lcm.size(), 50);
  EXPECT_EQ(lcm.sigma_max(), table.sigma_max());
  EXPECT_EQ(lcm.sigma_min(), table.sigmas()[19]);
  EXPECT_THROW(lcm_sigma_table(lcm), Error);
}

TEST(SigmaTable, BadTablesAreRefused) {
  EXPECT_THROW(SigmaTable(std::vector<double>{}), Error);
  EXPECT_THROW(SigmaTable({0.9}), Error);
  EXPECT_THROW(SigmaTable({0.5, 0.6}), Error);
  EXPECT_THROW(SigmaTable({1.5, 0.6}), Error);
  EXPECT_THROW(SigmaTable({0.9, std::nan("")}), Error);
}

}  // namespace
}  // namespace ptravel
