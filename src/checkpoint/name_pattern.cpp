#include "checkpoint/name_pattern.h"

#include <algorithm>
#include <charconv>

namespace ptravel {
namespace {

/// Reads a number of at most kMaxNameNumber from the front of `text`.
std::optional<std::int64_t> take_index(std::string_view& text) {
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || index < 0 || index > kMaxNameNumber) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return index;
}

}  // namespace

std::optional<NameMatch> match_name(std::string_view pattern, std::string_view name) {
  NameMatch match;
  bool first = true;
  for (const char expected : pattern) {
    if (expected == '#') {
      const auto index = take_index(name);
      if (!index) {
        return std::nullopt;
      }
      (first ? match.i : match.j) = *index;
      first = false;
    } else if (name.empty() || name.front() != expected) {
      return std::nullopt;
    } else {
      name.remove_prefix(1);
    }
  }
  if (std::count(pattern.begin(), pattern.end(), '#') == 1) {
    match.j = match.i;
  }
  match.rest = name;
  return match;
}

}  // namespace ptravel
