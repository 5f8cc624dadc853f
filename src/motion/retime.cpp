#include "motion/retime.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr double kLeastShareOfMean = 0.001;

void require_probes(const Probes& probes) {
  const std::vector<double>& alphas = probes.alphas;
  bool usable =
      alphas.size() >= 2 && probes.distances.size() + 1 == alphas.size() &&
      std::all_of(alphas.begin(), alphas.end(), [](double x) { return std::isfinite(x); });
  for (std::size_t i = 0; usable && i < probes.distances.size(); ++i) {
    usable =
        alphas[i + 1] > alphas[i] && std::isfinite(probes.distances[i]) && probes.distances[i] >= 0;
  }
  if (!usable) {
    throw Error(ErrorCode::InvalidArgument,
                "[retime] " + std::to_string(alphas.size()) + " alphas and " +
                    std::to_string(probes.distances.size()) +
                    " distances, expected rising alphas, at least two, and a finite distance of at "
                    "least 0 between each pair");
  }
}

/// The slope at an end, from the step beside it and the next one (three-point formula, kept in the
/// range that does not overshoot).
double end_slope(double h0, double h1, double slope0, double slope1) {
  const double slope = ((2 * h0 + h1) * slope0 - h0 * slope1) / (h0 + h1);
  if (std::signbit(slope) != std::signbit(slope0)) {
    return 0;
  }
  const bool turns = std::signbit(slope0) != std::signbit(slope1);
  return turns && std::abs(slope) > 3 * std::abs(slope0) ? 3 * slope0 : slope;
}

/// A rising curve through points (x, y), both strictly rising.
class Curve {
 public:
  Curve(std::vector<double> x, std::vector<double> y, CurveMethod method)
      : x_(std::move(x)), y_(std::move(y)) {
    if (method == CurveMethod::Pchip) {
      set_slopes();
    }
  }

  double at(double x) const {
    const auto above = std::upper_bound(x_.begin() + 1, x_.end() - 1, x);
    const auto i = static_cast<std::size_t>(above - x_.begin()) - 1;
    const double width = x_[i + 1] - x_[i];
    const double t = std::clamp((x - x_[i]) / width, 0.0, 1.0);
    if (slopes_.empty()) {
      return y_[i] + t * (y_[i + 1] - y_[i]);
    }
    // The cubic with these values and slopes at both ends (Hermite).
    const double u = 1 - t;
    return u * u * (1 + 2 * t) * y_[i] + t * t * (3 - 2 * t) * y_[i + 1] +
           width * t * u * (u * slopes_[i] - t * slopes_[i + 1]);
  }

 private:
  void set_slopes() {
    const std::size_t steps = x_.size() - 1;
    std::vector<double> width(steps);
    std::vector<double> slope(steps);
    for (std::size_t i = 0; i < steps; ++i) {
      width[i] = x_[i + 1] - x_[i];
      slope[i] = (y_[i + 1] - y_[i]) / width[i];
    }
    if (steps == 1) {
      slopes_ = {slope[0], slope[0]};
      return;
    }
    slopes_.push_back(end_slope(width[0], width[1], slope[0], slope[1]));
    for (std::size_t i = 1; i < steps; ++i) {
      const double w1 = 2 * width[i] + width[i - 1];
      const double w2 = width[i] + 2 * width[i - 1];
      slopes_.push_back((w1 + w2) / (w1 / slope[i - 1] + w2 / slope[i]));
    }
    slopes_.push_back(
        end_slope(width[steps - 1], width[steps - 2], slope[steps - 1], slope[steps - 2]));
  }

  std::vector<double> x_;
  std::vector<double> y_;
  std::vector<double> slopes_;  // of a cubic curve, at each point
};

double mean_distance(const Probes& probes) {
  return std::accumulate(probes.distances.begin(), probes.distances.end(), 0.0) /
         static_cast<double>(probes.distances.size());
}

}  // namespace

std::vector<double> travelled(const Probes& probes) {
  require_probes(probes);
  const double least = kLeastShareOfMean * mean_distance(probes);
  if (!(least > 0)) {
    return probes.alphas;
  }
  std::vector<double> way = {0};
  for (const double distance : probes.distances) {
    way.push_back(way.back() + std::max(distance, least));
  }
  return way;
}

std::vector<double> retimed(const Probes& probes,
                            std::span<const double> shares,
                            CurveMethod method) {
  const std::vector<double> way = travelled(probes);
  const Curve alpha_of(way, probes.alphas, method);
  std::vector<double> alphas;
  for (const double share : shares) {
    alphas.push_back(alpha_of.at(way.front() + share * (way.back() - way.front())));
  }
  return alphas;
}

std::vector<double> even_shares(std::size_t count) {
  std::vector<double> shares;
  for (std::size_t k = 1; k <= count; ++k) {
    shares.push_back(static_cast<double>(k) / static_cast<double>(count + 1));
  }
  return shares;
}

std::optional<std::size_t> next_split(const Probes& probes,
                                      SplitRule rule,
                                      const SplitLimits& limits) {
  require_probes(probes);
  const std::vector<double>& distances = probes.distances;
  const double largest = *std::max_element(distances.begin(), distances.end());
  if (limits.tolerance > 0 && largest <= limits.tolerance * mean_distance(probes)) {
    return std::nullopt;
  }
  std::optional<std::size_t> best;
  double best_weight = 0;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    const double gap = probes.alphas[i + 1] - probes.alphas[i];
    const double weight =
        rule == SplitRule::Distance ? distances[i] : distances[i] * std::sqrt(gap);
    if (gap > limits.least_gap && weight > best_weight) {
      best = i;
      best_weight = weight;
    }
  }
  return best;
}

}  // namespace ptravel
