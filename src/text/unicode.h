#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// Character properties and mappings of Unicode, from the tables that
/// scripts/make_unicode_tables.py writes. All functions are pure and safe from any thread.

/// General category L*: letters of every script.
bool is_letter(char32_t code_point);

/// General category N*: digits, letter numbers and other numbers.
bool is_number(char32_t code_point);

/// White space as Python's `\s` sees it: Unicode's White_Space and U+001C to U+001F.
bool is_white_space(char32_t code_point);

/// A letter, a number or the underscore: what word boundaries are made of.
bool is_word_character(char32_t code_point);

/// The value 0 to 9 of a decimal digit of any script, or nothing.
std::optional<int> decimal_digit(char32_t code_point);

/// Lower case with Unicode's two special rules: capital I with a dot becomes two characters, and a
/// capital sigma at the end of a word becomes the final form.
std::u32string to_lower(std::u32string_view text);

/// Normalization form C (Unicode Standard Annex 15).
std::u32string to_nfc(std::u32string_view text);

}  // namespace ptravel
