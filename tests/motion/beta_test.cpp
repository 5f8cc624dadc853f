#include "motion/beta.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using testing::DoubleNear;
using testing::Pointwise;

TEST(Beta, PlacesOfKnownDistributions) {
  EXPECT_THAT(beta_places({1, 1}, 5), Pointwise(DoubleNear(1e-12), {0.0, 0.25, 0.5, 0.75, 1.0}));
  // The distribution of Beta(2, 1) is x^2.
  EXPECT_THAT(beta_places({2, 1}, 5), Pointwise(DoubleNear(1e-12), {0.0, 0.5, 0.7071067811865476,
                                                                    0.8660254037844386, 1.0}));
}

TEST(Beta, FitFindsTheDistributionThatThePlacesAreFrom) {
  const Beta original = {2.5, 4};
  const std::vector<double> places = beta_places(original, 9);  // equal shares of the way
  const Beta fitted = fit_beta(places, std::vector<double>(8, 0.3));
  EXPECT_NEAR(fitted.alpha, original.alpha, 1e-5);
  EXPECT_NEAR(fitted.beta, original.beta, 1e-5);
}

TEST(Beta, NonsenseIsRefused) {
  EXPECT_THROW(beta_places({0, 1}, 3), Error);
  EXPECT_THROW(beta_places({1, std::numeric_limits<double>::quiet_NaN()}, 3), Error);
  EXPECT_THROW(beta_places({1, 1}, 1), Error);
  using Numbers = std::vector<double>;
  EXPECT_THROW(fit_beta(Numbers{0, 1}, Numbers{1}), Error);
  EXPECT_THROW(fit_beta(Numbers{0, 0.5, 1}, Numbers{1}), Error);
  EXPECT_THROW(fit_beta(Numbers{0, 0.5, 0.5, 1}, Numbers{1, 1, 1}), Error);
  EXPECT_THROW(fit_beta(Numbers{0, 0.5, 0.9}, Numbers{1, 1}), Error);
  EXPECT_THROW(fit_beta(Numbers{0, 0.5, 1}, Numbers{0, 0}), Error);
}

}  // namespace
}  // namespace ptravel
