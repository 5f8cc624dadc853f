#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// `text` without ASCII white space at both ends.
std::string_view trimmed(std::string_view text);

/// ASCII letters in lower case, everything else as it is.
std::string lower_case(std::string_view text);

/// Whether two texts are equal but for the case of ASCII letters.
bool same_but_case(std::string_view a, std::string_view b);

/// Pieces between separators; an empty text has one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);

/// An integer as Python's int() reads it: surrounding spaces, a sign, digits, single underscores
/// between digits. Nothing when it is not one or does not fit into 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// The same for 0 to 2^64 - 1.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

/// A finite decimal number with optional sign and exponent, surrounding spaces allowed.
std::optional<double> parse_number(std::string_view text);

/// A floating point number as Python prints it: the shortest text that reads back as the same
/// double, with a fraction or an exponent always ("7.0", "0.6", "1e-05", "1e+16", "nan").
std::string number_text(double value);

}  // namespace ptravel
