#include "checkpoint/noise_schedule.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "ptravel/error.h"
#include "schedule/sigma_table.h"

namespace ptravel {
namespace {

constexpr const char* kName = "alphas_cumprod";

// Rules whose levels are found again in rounded numbers: Stable Diffusion's and the original
// DDPM's, each with and without signal at the last level.
constexpr BetaRule kRules[] = {
    {},
    {.zero_terminal_snr = true},
    {.start = 0.0001, .end = 0.02, .even_roots = false},
    {.start = 0.0001, .end = 0.02, .even_roots = false, .zero_terminal_snr = true},
};

/// Numbers that were rounded to so many binary digits differ by at most `relative` of their size,
/// or where they are tiny by `least`.
struct Rounding {
  int digits;
  double relative;
  double least;
};
// The two formats of 8-bit floats, bfloat16, half.
constexpr Rounding kRoundings[] = {
    {3, 0x1p-3, 0x1p-17}, {4, 0x1p-4, 0x1p-10}, {8, 0x1p-8, 0x1p-24}, {11, 0x1p-11, 0x1p-24}};

bool has_digits(double number, int digits) {
  int exponent = 0;
  const double scaled = std::ldexp(std::frexp(number, &exponent), digits);
  return scaled == std::nearbyint(scaled);
}

/// How the numbers were rounded; nothing when they are exact. Files may hold rounded numbers in a
/// wider format.
const Rounding* rounding_of(const std::vector<double>& numbers) {
  for (const Rounding& rounding : kRoundings) {
    if (std::all_of(numbers.begin(), numbers.end(),
                    [&](double number) { return has_digits(number, rounding.digits); })) {
      return &rounding;
    }
  }
  return nullptr;
}

bool agree(const std::vector<double>& stored,
           const std::vector<double>& exact,
           const Rounding& rounding) {
  return std::equal(
      stored.begin(), stored.end(), exact.begin(), exact.end(), [&](double rounded, double level) {
        return std::fabs(rounded - level) <= 1.01 * rounding.relative * level + rounding.least;
      });
}

/// The last level of a schedule without signal at its end, as the web UI has it.
double last_level_without_signal() {
  return rescale_zero_terminal_snr(default_alphas_cumprod()).back();
}

[[noreturn]] void fail(const StoredTensors& tensors, const std::string& problem) {
  throw Error(ErrorCode::Corrupt, "[model] " + tensors.file(kName).string() + ": alphas_cumprod " +
                                      problem + "; expected " + std::to_string(kTrainingTimesteps) +
                                      " falling numbers between 0 and 1");
}

/// Names the first level that is out of order.
void check_levels(const StoredTensors& tensors, const std::vector<double>& levels) {
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const bool good = levels[i] > 0 && levels[i] < 1 && (i == 0 || levels[i] < levels[i - 1]);
    if (!good) {
      fail(tensors, "has " + std::to_string(levels[i]) + " as its number " + std::to_string(i));
    }
  }
}

}  // namespace

std::optional<std::vector<double>> alphas_cumprod_of(const BetaRule& rule) {
  if (rule == BetaRule{}) {
    return std::nullopt;
  }
  const double first = rule.even_roots ? std::sqrt(rule.start) : rule.start;
  const double last = rule.even_roots ? std::sqrt(rule.end) : rule.end;
  std::vector<double> alphas;
  double product = 1;
  for (std::int64_t i = 0; i < kTrainingTimesteps; ++i) {
    const double value = first + (last - first) * static_cast<double>(i) /
                                     static_cast<double>(kTrainingTimesteps - 1);
    product *= 1 - (rule.even_roots ? value * value : value);
    alphas.push_back(product);
  }
  return rule.zero_terminal_snr ? rescale_zero_terminal_snr(std::move(alphas)) : alphas;
}

std::optional<std::vector<double>> read_alphas_cumprod(const StoredTensors& tensors) {
  if (!tensors.contains(kName)) {
    return std::nullopt;
  }
  if (tensors.shape(kName) != std::vector<std::int64_t>{kTrainingTimesteps} ||
      !is_computable(tensors.format(kName))) {
    fail(tensors, "has another shape or number format");
  }
  std::vector<double> levels = read_numbers(tensors, kName);
  if (const Rounding* rounding = rounding_of(levels)) {
    for (const BetaRule& rule : kRules) {
      auto exact = alphas_cumprod_of(rule);
      if (agree(levels, exact ? *exact : default_alphas_cumprod(), *rounding)) {
        return exact;
      }
    }
  }
  if (levels.back() == 0) {
    levels.back() = last_level_without_signal();
  }
  check_levels(tensors, levels);
  return levels;
}

}  // namespace ptravel
