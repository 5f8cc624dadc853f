#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "media/plot.h"

namespace ptravel {
namespace {

/// `number` times ten to the power of `exponent`: "0.25", or "2e-08" without needless digits.
std::string label_of(std::int64_t number, int exponent, bool scientific) {
  if (number == 0) {
    return "0";
  }
  int decimals = std::max(0, -exponent);
  if (scientific) {
    for (; number % 10 == 0; number /= 10) {
      ++exponent;
    }
    decimals = static_cast<int>(std::to_string(std::abs(number)).size()) - 1;
  }
  char text[64];
  const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  const double value = static_cast<double>(number) * std::pow(10.0, exponent);
  return {text, std::to_chars(text, std::end(text), value, format, decimals).ptr};
}

}  // namespace

std::vector<AxisTick> axis_ticks(double low, double high, int max_intervals, double min_step) {
  const double least = std::max((high - low) / max_intervals, min_step) * (1 - 1e-9);
  int exponent = static_cast<int>(std::floor(std::log10(least)));
  int mantissa = 1;
  while (mantissa * std::pow(10.0, exponent) < least) {
    mantissa = mantissa == 2 ? 5 : mantissa * 2;  // 1, 2, 5, 10
  }
  if (mantissa == 10) {
    mantissa = 1;
    ++exponent;
  }
  const double unit = std::pow(10.0, exponent);
  const auto first = static_cast<std::int64_t>(std::ceil(low / (mantissa * unit) - 1e-6));
  const auto last = static_cast<std::int64_t>(std::floor(high / (mantissa * unit) + 1e-6));
  const double largest = std::max(std::abs(low), std::abs(high));
  const bool scientific = largest < 1e-3 || largest >= 1e7;
  std::vector<AxisTick> ticks;
  for (std::int64_t i = first; i <= last; ++i) {
    const std::int64_t number = i * mantissa;
    ticks.push_back({static_cast<double>(number) * unit, label_of(number, exponent, scientific)});
  }
  return ticks;
}

}  // namespace ptravel
