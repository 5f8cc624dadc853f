#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ptravel {

/// The largest number of a block that names may have.
constexpr std::int64_t kMaxNameNumber = 63;

/// What stood for the numbers of a pattern, and what is behind it.
struct NameMatch {
  std::int64_t i = 0;
  std::int64_t j = 0;  ///< The last number; of a pattern with one number that one.
  std::string_view rest;
};

/// Matches the front of `name` with a pattern in which # stands for a number up to kMaxNameNumber.
/// The result's text is a part of `name`.
std::optional<NameMatch> match_name(std::string_view pattern, std::string_view name);

}  // namespace ptravel
