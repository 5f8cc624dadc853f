#include "schedule/beta_distribution.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(BetaDistribution, KnownForms) {
  for (const double x : {0.001, 0.2, 0.5, 0.9, 0.999}) {
    EXPECT_NEAR(beta_cdf(x, 1, 1), x, 1e-14);
    EXPECT_NEAR(beta_cdf(x, 2, 1), x * x, 1e-14);
    EXPECT_NEAR(beta_cdf(x, 1, 3), 1 - std::pow(1 - x, 3), 1e-14);
    EXPECT_NEAR(beta_cdf(x, 0.5, 0.5), 2 / M_PI * std::asin(std::sqrt(x)), 1e-13);
  }
}

TEST(BetaDistribution, QuantileInvertsTheDistribution) {
  for (const double alpha : {0.3, 0.6, 5.0}) {
    for (const double beta : {0.6, 2.0, 30.0}) {
      for (const double p : {0.01, 0.25, 0.5, 0.75, 0.99}) {
        EXPECT_NEAR(beta_cdf(beta_quantile(p, alpha, beta), alpha, beta), p, 1e-10);
      }
    }
  }
}

TEST(BetaDistribution, EndsAreExact) {
  EXPECT_EQ(beta_quantile(0, 0.6, 0.6), 0);
  EXPECT_EQ(beta_quantile(1, 0.6, 0.6), 1);
  EXPECT_EQ(beta_cdf(-1, 2, 2), 0);
  EXPECT_EQ(beta_cdf(2, 2, 2), 1);
}

}  // namespace
}  // namespace ptravel
