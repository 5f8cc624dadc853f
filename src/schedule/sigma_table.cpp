#include "schedule/sigma_table.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "ptravel/error.h"
#include "schedule/single_precision.h"

namespace ptravel {
namespace {

void check_levels(const std::vector<double>& alphas_cumprod) {
  bool valid = alphas_cumprod.size() >= 2;
  for (std::size_t i = 0; valid && i < alphas_cumprod.size(); ++i) {
    valid = alphas_cumprod[i] > 0 && alphas_cumprod[i] < 1 &&
            (i == 0 || alphas_cumprod[i] < alphas_cumprod[i - 1]);
    if (!valid) {
      throw Error(ErrorCode::Corrupt, "[alphas_cumprod] value " + std::to_string(i) +
                                          ": expected falling values between 0 and 1, got " +
                                          std::to_string(alphas_cumprod[i]));
    }
  }
  if (!valid) {
    throw Error(ErrorCode::Corrupt, "[alphas_cumprod] expected at least 2 values, got " +
                                        std::to_string(alphas_cumprod.size()));
  }
}

}  // namespace

SigmaTable::SigmaTable() : SigmaTable(default_alphas_cumprod()) {}

SigmaTable::SigmaTable(std::vector<double> alphas_cumprod)
    : alphas_cumprod_(std::move(alphas_cumprod)) {
  check_levels(alphas_cumprod_);
  for (const double value : alphas_cumprod_) {
    const double abar = to_single(value);
    const double sigma = to_single(std::sqrt(to_single(to_single(1.0 - abar) / abar)));
    sigmas_.push_back(sigma);
    log_sigmas_.push_back(to_single(std::log(sigma)));
  }
}

SigmaTable SigmaTable::evenly_in_logarithm(double sigma_min, double sigma_max) {
  if (!(sigma_min > 0 && sigma_max > sigma_min && std::isfinite(sigma_max))) {
    throw Error(ErrorCode::InvalidArgument, "[sigmas] from " + std::to_string(sigma_min) + " to " +
                                                std::to_string(sigma_max) +
                                                ": expected positive ones that rise");
  }
  SigmaTable table{Empty{}};
  for (std::int64_t t = 0; t < kTrainingTimesteps; ++t) {
    const double sigma =
        to_single(std::exp(even_log_sigma(static_cast<double>(t), sigma_min, sigma_max)));
    table.sigmas_.push_back(sigma);
    table.log_sigmas_.push_back(to_single(std::log(sigma)));
    table.alphas_cumprod_.push_back(1 / (1 + sigma * sigma));
  }
  return table;
}

double even_log_sigma(double t, double sigma_min, double sigma_max) {
  const double low = std::log(sigma_min);
  return low + (std::log(sigma_max) - low) * t / static_cast<double>(kTrainingTimesteps - 1);
}

double SigmaTable::sigma_to_t(double sigma) const {
  const double log_sigma = std::log(sigma);
  const auto above = std::upper_bound(log_sigmas_.begin(), log_sigmas_.end(), log_sigma);
  const std::int64_t low = std::clamp<std::int64_t>(above - log_sigmas_.begin() - 1, 0, size() - 2);
  const double log_low = log_sigmas_[low];
  const double log_high = log_sigmas_[low + 1];
  const double w = std::clamp((log_low - log_sigma) / (log_low - log_high), 0.0, 1.0);
  return (1 - w) * static_cast<double>(low) + w * static_cast<double>(low + 1);
}

std::int64_t SigmaTable::nearest_t(double sigma) const {
  const double log_sigma = std::log(sigma);
  const auto nearest =
      std::min_element(log_sigmas_.begin(), log_sigmas_.end(), [log_sigma](double a, double b) {
        return std::abs(log_sigma - a) < std::abs(log_sigma - b);
      });
  return nearest - log_sigmas_.begin();
}

double SigmaTable::t_to_sigma(double t) const {
  const double inside = std::clamp(t, 0.0, static_cast<double>(size() - 1));
  const auto low = static_cast<std::int64_t>(std::floor(inside));
  const auto high = static_cast<std::int64_t>(std::ceil(inside));
  const double w = inside - static_cast<double>(low);
  return std::exp((1 - w) * log_sigmas_[low] + w * log_sigmas_[high]);
}

std::vector<double> default_alphas_cumprod() {
  constexpr auto kLevels = static_cast<int>(kTrainingTimesteps);
  const double first = std::sqrt(0.00085);
  const double last = std::sqrt(0.012);
  std::vector<double> result;
  double product = 1;
  for (int i = 0; i < kLevels; ++i) {
    const double root = first + (last - first) * i / (kLevels - 1);
    product *= 1 - root * root;
    result.push_back(product);
  }
  return result;
}

std::vector<double> rescale_zero_terminal_snr(std::vector<double> alphas_cumprod) {
  check_levels(alphas_cumprod);
  constexpr double kLast = 4.8973451890853435e-08;
  const double first_root = std::sqrt(alphas_cumprod.front());
  const double last_root = std::sqrt(alphas_cumprod.back());
  for (double& value : alphas_cumprod) {
    const double root = (std::sqrt(value) - last_root) * first_root / (first_root - last_root);
    value = root * root;
  }
  alphas_cumprod.back() = kLast;
  return alphas_cumprod;
}

SigmaTable lcm_sigma_table(const SigmaTable& table) {
  constexpr std::int64_t kSkip = kTrainingTimesteps / kDistilledTimesteps;
  if (table.size() < kTrainingTimesteps) {
    throw Error(ErrorCode::Unsupported, "[lcm] noise levels: expected at least " +
                                            std::to_string(kTrainingTimesteps) + ", model has " +
                                            std::to_string(table.size()));
  }
  std::vector<double> alphas_cumprod;
  for (std::int64_t i = 0; i < kDistilledTimesteps; ++i) {
    alphas_cumprod.push_back(table.alphas_cumprod()[kSkip * i + kSkip - 1]);
  }
  return SigmaTable(std::move(alphas_cumprod));
}

}  // namespace ptravel
