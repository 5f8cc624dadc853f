#include "schedule/continuous_time.h"

#include <algorithm>
#include <cmath>

namespace ptravel {

ContinuousTime::ContinuousTime(const std::vector<double>& alphas_cumprod) {
  for (const double abar : alphas_cumprod) {
    log_alphas_.push_back(0.5 * std::log(abar));
  }
}

double ContinuousTime::log_alpha(double t) const {
  const double position = t / first_time() - 1;
  const auto last = static_cast<std::int64_t>(log_alphas_.size()) - 2;
  const auto low =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(position)), 0, last);
  const double w = position - static_cast<double>(low);
  return log_alphas_[low] + w * (log_alphas_[low + 1] - log_alphas_[low]);
}

double ContinuousTime::alpha(double t) const { return std::exp(log_alpha(t)); }

double ContinuousTime::std(double t) const { return std::sqrt(-std::expm1(2 * log_alpha(t))); }

double ContinuousTime::lambda(double t) const { return log_alpha(t) - std::log(std(t)); }

double ContinuousTime::time_of_lambda(double lambda) const {
  // ln alpha = -ln(1 + e^(-2 lambda)) / 2, written so that nothing overflows.
  const double tail = std::log1p(std::exp(-2 * std::abs(lambda)));
  const double log_alpha = -0.5 * (tail + std::max(0.0, -2 * lambda));
  const auto below = std::upper_bound(log_alphas_.begin(), log_alphas_.end(), log_alpha,
                                      [](double value, double entry) { return value > entry; });
  const auto last = static_cast<std::int64_t>(log_alphas_.size()) - 2;
  const auto low = std::clamp<std::int64_t>(below - log_alphas_.begin() - 1, 0, last);
  const double w = (log_alpha - log_alphas_[low]) / (log_alphas_[low + 1] - log_alphas_[low]);
  return (static_cast<double>(low) + w + 1) * first_time();
}

std::vector<double> unipc_times(const ContinuousTime& time,
                                UnipcSkip skip,
                                double t_start,
                                int num_steps) {
  const double t_end = time.first_time();
  const auto between = [num_steps](double first, double last, int i) {
    return first + (last - first) * i / num_steps;
  };
  std::vector<double> times;
  for (int i = 0; i <= num_steps; ++i) {
    if (skip == UnipcSkip::TimeUniform) {
      times.push_back(between(t_start, t_end, i));
    } else if (skip == UnipcSkip::TimeQuadratic) {
      const double root = between(std::sqrt(t_start), std::sqrt(t_end), i);
      times.push_back(root * root);
    } else {
      times.push_back(time.time_of_lambda(between(time.lambda(t_start), time.lambda(t_end), i)));
    }
  }
  return times;
}

}  // namespace ptravel
