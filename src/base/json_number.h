#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

namespace ptravel {

// Numbers of JSON that came from outside. The library's own get<int>() and its comparisons convert
// first and ask later: a fraction is cut off, 2^64 - 1 counts as -1, and 1e308 as an integer is
// undefined. These look at what is stored and convert what fits.

/// The whole number that `value` holds, or nothing when it is of another type (1.0 is none) or
/// not within [least, most].
template <typename Json>
std::optional<std::int64_t> json_integer(
    const Json& value,
    std::int64_t least = std::numeric_limits<std::int64_t>::min(),
    std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  std::int64_t number = 0;
  if (const auto* natural = value.template get_ptr<const std::uint64_t*>()) {
    if (*natural > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return std::nullopt;
    }
    number = static_cast<std::int64_t>(*natural);
  } else if (const auto* integer = value.template get_ptr<const std::int64_t*>()) {
    number = *integer;
  } else {
    return std::nullopt;
  }
  return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

/// The same, and whole numbers that are written with a fraction or an exponent, 12.0 or 1e3, up to
/// 2^53: what JSON Schema calls an integer.
template <typename Json>
std::optional<std::int64_t> json_whole_number(
    const Json& value,
    std::int64_t least = std::numeric_limits<std::int64_t>::min(),
    std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  constexpr double kLargest = 9007199254740992;
  const auto* real = value.template get_ptr<const double*>();
  if (real == nullptr) {
    return json_integer(value, least, most);
  }
  if (!(std::abs(*real) <= kLargest) || std::trunc(*real) != *real) {
    return std::nullopt;
  }
  const auto number = static_cast<std::int64_t>(*real);
  return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

/// The finite number that `value` holds, whole or not, or nothing when it is of another type or
/// not within [least, most].
template <typename Json>
std::optional<double> json_number(const Json& value,
                                  double least = std::numeric_limits<double>::lowest(),
                                  double most = std::numeric_limits<double>::max()) {
  if (!value.is_number()) {
    return std::nullopt;
  }
  const double number = value.template get<double>();
  return std::isfinite(number) && number >= least && number <= most ? std::optional(number)
                                                                    : std::nullopt;
}

}  // namespace ptravel
