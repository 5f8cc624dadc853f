#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ptravel {

/// The one table between an enum and its text form, used by the command line, files and messages.
template <typename Enum, std::size_t N>
struct EnumNames {
  std::array<std::pair<Enum, std::string_view>, N> entries;

  /// The text of `value`; empty when the table lacks it (a bug that the round-trip test catches).
  constexpr std::string_view name(Enum value) const {
    for (const auto& [candidate, text] : entries) {
      if (candidate == value) {
        return text;
      }
    }
    return {};
  }

  /// The value whose text is exactly `text`.
  constexpr std::optional<Enum> parse(std::string_view text) const {
    for (const auto& [value, candidate] : entries) {
      if (candidate == text) {
        return value;
      }
    }
    return std::nullopt;
  }

  /// All texts joined by ", ": for messages about wrong values.
  std::string choices() const {
    std::string joined;
    for (const auto& [value, text] : entries) {
      joined += (joined.empty() ? "" : ", ");
      joined += text;
    }
    return joined;
  }
};

/// Makes a table: enum_names<Color>({{Color::Red, "red"}, {Color::Blue, "blue"}}).
template <typename Enum, std::size_t N>
constexpr EnumNames<Enum, N> enum_names(const std::pair<Enum, std::string_view> (&entries)[N]) {
  EnumNames<Enum, N> table{};
  for (std::size_t i = 0; i < N; ++i) {
    table.entries[i] = entries[i];
  }
  return table;
}

}  // namespace ptravel
