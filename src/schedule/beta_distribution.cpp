#include "schedule/beta_distribution.h"

#include <cmath>
#include <limits>

namespace ptravel {
namespace {

// The continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8),
// evaluated from the front by the modified Lentz method. Converges quickly for
// x < (alpha + 1) / (alpha + beta + 2).
double continued_fraction(double x, double alpha, double beta) {
  constexpr double kTiny = 1e-300;
  constexpr int kTerms = 500;
  const auto guard = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / guard(1 - (alpha + beta) * x / (alpha + 1));
  double result = d;
  for (int m = 1; m <= kTerms; ++m) {
    const double even = m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    result *= c * d;
    const double odd =
        -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    result *= c * d;
    if (std::abs(c * d - 1) < std::numeric_limits<double>::epsilon()) {
      break;
    }
  }
  return result;
}

}  // namespace

double beta_cdf(double x, double alpha, double beta) {
  if (x <= 0) {
    return 0;
  }
  if (x >= 1) {
    return 1;
  }
  const double front = std::exp(std::lgamma(alpha + beta) - std::lgamma(alpha) - std::lgamma(beta) +
                                alpha * std::log(x) + beta * std::log1p(-x));
  if (x < (alpha + 1) / (alpha + beta + 2)) {
    return front * continued_fraction(x, alpha, beta) / alpha;
  }
  return 1 - front * continued_fraction(1 - x, beta, alpha) / beta;
}

double beta_quantile(double probability, double alpha, double beta) {
  if (probability <= 0) {
    return 0;
  }
  if (probability >= 1) {
    return 1;
  }
  double low = 0;
  double high = 1;
  // Bisection: 60 halvings reach the last bits of a double for every shape.
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (beta_cdf(middle, alpha, beta) < probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace ptravel
