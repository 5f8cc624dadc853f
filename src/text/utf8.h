#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ptravel {

/// What stands for bytes that are not UTF-8.
inline constexpr char32_t kReplacementCharacter = 0xFFFD;

/// One character of a UTF-8 text: the code point and how many bytes it takes (1 to 4).
struct Utf8Character {
  char32_t code_point = 0;
  std::size_t size = 1;
  bool valid = true;
};

/// Reads the character at `offset` (which must be inside `text`). Overlong forms, surrogates,
/// values above U+10FFFF and cut sequences are invalid: they give U+FFFD and the size of the
/// longest beginning of a valid sequence, at least 1 byte.
Utf8Character read_utf8(std::string_view text, std::size_t offset);

/// Appends a code point (a scalar value) to a UTF-8 text.
void append_utf8(std::string& text, char32_t code_point);

/// Code points of a text; every invalid part becomes U+FFFD. Never fails.
std::u32string decode_utf8(std::string_view text);

/// UTF-8 of code points.
std::string encode_utf8(std::u32string_view text);

/// The text with every invalid part replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace ptravel
