#include "motion/evenness.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ptravel {
namespace {

/// Of sorted values, interpolated between neighbours; `share` from 0 to 1.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * (static_cast<double>(sorted.size()) - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> result(values.begin(), values.end());
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

Evenness evenness_of(std::span<const double> distances) {
  Evenness even;
  even.steps = distances.size();
  if (distances.empty()) {
    return even;
  }
  const std::vector<double> rising = sorted(distances);
  const auto n = static_cast<double>(rising.size());
  even.length = std::accumulate(rising.begin(), rising.end(), 0.0);
  even.mean = even.length / n;
  even.median = quantile(rising, 0.5);
  even.largest = rising.back();
  even.largest_over_median =
      even.median > 0 ? even.largest / even.median : std::numeric_limits<double>::infinity();
  even.p90_over_p10 = quantile(rising, 0.9) / std::max(quantile(rising, 0.1), 1e-9);
  double squares = 0;
  double weighted = 0;
  for (std::size_t i = 0; i < rising.size(); ++i) {
    squares += (rising[i] - even.mean) * (rising[i] - even.mean);
    weighted += (2 * static_cast<double>(i) + 1 - n) * rising[i];
  }
  even.deviation = std::sqrt(squares / n);
  if (even.length > 0) {
    even.largest_over_mean = even.largest / even.mean;
    even.gini = weighted / (n * even.length);
    even.largest_share = even.largest / even.length;
  }
  return even;
}

std::vector<std::size_t> steps_above(std::span<const double> distances, double times) {
  std::vector<std::size_t> steps;
  const double bound = distances.empty() ? 0 : times * quantile(sorted(distances), 0.5);
  for (std::size_t i = 0; i < distances.size(); ++i) {
    if (distances[i] > bound) {
      steps.push_back(i);
    }
  }
  return steps;
}

}  // namespace ptravel
