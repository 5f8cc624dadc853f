#pragma once

#include <optional>
#include <string_view>

namespace ptravel {

/// The value of a number: sign, digits of any script, at most one dot, at least one digit, and
/// maybe an exponent. Values beyond a double's range become infinite or zero. Nothing when the text
/// is anything else; white space is not skipped.
std::optional<double> parse_prompt_number(std::u32string_view text);

}  // namespace ptravel
