#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// `text` without ASCII white space at both ends.
std::string_view trimmed(std::string_view text);

/// Pieces between separators; an empty text has one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);

/// An integer as Python's int() reads it: surrounding spaces, a sign, digits, single underscores
/// between digits. Nothing when it is not one or does not fit into 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// A finite decimal number with optional sign and exponent, surrounding spaces allowed.
std::optional<double> parse_number(std::string_view text);

/// The shortest text that reads back as the same double ("0.6", "7.0"): Python's repr for floats
/// in the range that settings use.
std::string number_text(double value);

}  // namespace ptravel
