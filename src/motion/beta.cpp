#include "motion/beta.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <boost/math/special_functions/beta.hpp>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kMostIterations = 200;
constexpr double kLeastParameter = 1e-6;
constexpr double kMostParameter = 1e6;

double cumulative(const Beta& beta, double x) {
  return boost::math::ibeta(beta.alpha, beta.beta, std::clamp(x, 0.0, 1.0));
}

/// What is to be fitted: values of the cumulative distribution at places.
struct Samples {
  std::span<const double> places;
  std::vector<double> values;

  std::vector<double> errors(const Beta& beta) const {
    std::vector<double> result;
    for (std::size_t i = 0; i < places.size(); ++i) {
      result.push_back(cumulative(beta, places[i]) - values[i]);
    }
    return result;
  }
  double cost(const Beta& beta) const {
    double sum = 0;
    for (const double error : errors(beta)) {
      sum += error * error;
    }
    return sum;
  }
};

/// The least-squares problem made linear at a point: J^T J and J^T error.
struct Linear {
  double aa = 0;
  double ab = 0;
  double bb = 0;
  double ga = 0;
  double gb = 0;
};

Linear linear_at(const Samples& samples, const Beta& at) {
  const double step_a = 1e-5 * at.alpha;
  const double step_b = 1e-5 * at.beta;
  const std::vector<double> errors = samples.errors(at);
  Linear linear;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double x = samples.places[i];
    const double da = (cumulative({at.alpha + step_a, at.beta}, x) -
                       cumulative({at.alpha - step_a, at.beta}, x)) /
                      (2 * step_a);
    const double db = (cumulative({at.alpha, at.beta + step_b}, x) -
                       cumulative({at.alpha, at.beta - step_b}, x)) /
                      (2 * step_b);
    linear.aa += da * da;
    linear.ab += da * db;
    linear.bb += db * db;
    linear.ga += da * errors[i];
    linear.gb += db * errors[i];
  }
  return linear;
}

/// A damped Gauss-Newton step. A parameter whose gradient points towards 0, its bound, is held back
/// in proportion to gradient by distance (Coleman, Li 1996).
std::array<double, 2> step_of(Linear linear, const Beta& at, double damping) {
  linear.aa += std::max(linear.ga, 0.0) / at.alpha + damping * linear.aa;
  linear.bb += std::max(linear.gb, 0.0) / at.beta + damping * linear.bb;
  const double determinant = linear.aa * linear.bb - linear.ab * linear.ab;
  if (!(determinant > 0)) {
    return {0, 0};
  }
  return {(linear.ab * linear.gb - linear.bb * linear.ga) / determinant,
          (linear.ab * linear.ga - linear.aa * linear.gb) / determinant};
}

double moved(double value, double step) {
  return std::clamp(value + std::clamp(step, -0.9 * value, 9 * value), kLeastParameter,
                    kMostParameter);
}

Samples samples_of(std::span<const double> places, std::span<const double> distances) {
  const double length = std::accumulate(distances.begin(), distances.end(), 0.0);
  const bool rising = std::is_sorted(places.begin(), places.end(), std::less_equal<>());
  if (places.size() < 3 || distances.size() + 1 != places.size() || !rising ||
      places.front() != 0 || places.back() != 1 || !std::isfinite(length) || !(length > 0)) {
    throw Error(ErrorCode::InvalidArgument,
                "[fit beta] " + std::to_string(places.size()) + " places, " +
                    std::to_string(distances.size()) + " distances of " + std::to_string(length) +
                    " together, expected at least three places that rise from 0 to 1 and motion "
                    "between them");
  }
  Samples samples{places, {0}};
  for (const double distance : distances) {
    samples.values.push_back(samples.values.back() + distance / length);
  }
  return samples;
}

}  // namespace

std::vector<double> beta_places(const Beta& beta, std::size_t count) {
  const auto usable = [](double x) { return std::isfinite(x) && x > 0; };
  if (!usable(beta.alpha) || !usable(beta.beta) || count < 2) {
    throw Error(ErrorCode::InvalidArgument,
                "[beta places] Beta(" + std::to_string(beta.alpha) + ", " +
                    std::to_string(beta.beta) + ") at " + std::to_string(count) +
                    " places, expected parameters above 0 and at least 2 places");
  }
  std::vector<double> places;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    places.push_back(boost::math::ibeta_inv(beta.alpha, beta.beta, share));
  }
  return places;
}

Beta fit_beta(std::span<const double> places, std::span<const double> distances) {
  const Samples samples = samples_of(places, distances);
  Beta beta;
  double cost = samples.cost(beta);
  double damping = 0;
  for (int i = 0; i < kMostIterations && cost > 1e-20 && damping < 1e12; ++i) {
    const auto [step_alpha, step_beta] = step_of(linear_at(samples, beta), beta, damping);
    const Beta next{moved(beta.alpha, step_alpha), moved(beta.beta, step_beta)};
    const double next_cost = samples.cost(next);
    if (!(next_cost < cost)) {
      damping = std::max(10 * damping, 1e-3);
      continue;
    }
    damping = damping > 1e-8 ? damping / 10 : 0;
    beta = next;
    cost = next_cost;
  }
  return beta;
}

}  // namespace ptravel
