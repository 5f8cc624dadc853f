#include "text/prompt_number.h"

#include <charconv>
#include <limits>
#include <string>
#include <system_error>

#include "text/unicode.h"

namespace ptravel {
namespace {

/// The text in ASCII, or nothing when a character has no place in a number.
std::optional<std::string> to_ascii(std::u32string_view text) {
  std::string ascii;
  for (const char32_t c : text) {
    if (const std::optional<int> digit = decimal_digit(c)) {
      ascii.push_back(static_cast<char>('0' + *digit));
    } else if (c == U'.' || c == U'+' || c == U'-' || c == U'e' || c == U'E') {
      ascii.push_back(static_cast<char>(c));
    } else {
      return std::nullopt;
    }
  }
  return ascii;
}

/// The value of a number too large or too small for a double: of its digits before the exponent
/// only the question whether they are all zero matters here, and that never leaves the range.
double out_of_range_value(const std::string& number) {
  const std::size_t exponent = number.find_first_of("eE");
  const bool tiny = exponent != std::string::npos
                        ? number[exponent + 1] == '-'
                        : number.find_first_not_of("0.") > number.find('.');
  return tiny ? 0.0 : std::numeric_limits<double>::infinity();
}

}  // namespace

std::optional<double> parse_prompt_number(std::u32string_view text) {
  const bool negative = text.starts_with(U'-');
  if (negative || text.starts_with(U'+')) {
    text.remove_prefix(1);
  }
  const std::optional<std::string> ascii = to_ascii(text);
  if (!ascii || ascii->empty() ||
      (ascii->front() != '.' && (ascii->front() < '0' || ascii->front() > '9'))) {
    return std::nullopt;
  }
  double value = 0;
  const char* end = ascii->data() + ascii->size();
  const auto [rest, code] = std::from_chars(ascii->data(), end, value);
  if (rest != end || code == std::errc::invalid_argument) {
    return std::nullopt;
  }
  if (code == std::errc::result_out_of_range) {
    value = out_of_range_value(*ascii);
  }
  return negative ? -value : value;
}

}  // namespace ptravel
