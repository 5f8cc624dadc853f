#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// Appends the UTF-8 form of a code point; values that are none become U+FFFD.
void append_utf8(std::string& text, std::uint32_t code_point);

/// Reads the code point at `position` of UTF-8 text and moves `position` behind it. A byte that
/// starts no valid sequence is returned as nullopt and skipped alone.
std::optional<std::uint32_t> next_code_point(std::string_view text, std::size_t& position);

/// Whether `text` is UTF-8 throughout.
bool is_utf8(std::string_view text);

/// `text` without the bytes that are not UTF-8.
std::string drop_invalid_utf8(std::string_view text);

/// Latin-1 bytes as UTF-8.
std::string latin1_to_utf8(std::string_view bytes);

/// UTF-8 as Latin-1 bytes; nullopt when a character is above U+00FF or `text` is not UTF-8.
std::optional<std::string> utf8_to_latin1(std::string_view text);

enum class ByteOrder { LittleEndian, BigEndian };

/// UTF-16 bytes as UTF-8. Lone surrogates become U+FFFD; an odd last byte is ignored.
std::string utf16_to_utf8(std::string_view bytes, ByteOrder order);

/// Whether Python's str.isspace holds for a code point: what strip() and \s mean there.
bool is_python_space(std::uint32_t code_point);

/// `text` without Python's white space at both ends.
std::string_view strip(std::string_view text);

}  // namespace ptravel
