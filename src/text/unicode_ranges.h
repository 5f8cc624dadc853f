#pragma once

#include <algorithm>
#include <span>

namespace ptravel {

/// Code points `first` to `last`, both included.
struct CodePointRange {
  char32_t first;
  char32_t last;
};

/// The entry of an ascending table whose first..last holds `code_point`, or null.
template <typename Entry>
const Entry* find_range(std::span<const Entry> table, char32_t code_point) {
  const auto found = std::ranges::lower_bound(table, code_point, {}, &Entry::last);
  return found != table.end() && found->first <= code_point ? &*found : nullptr;
}

}  // namespace ptravel
