#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// The alphabet of byte-level vocabularies (GPT-2's): every byte has one printable character.
/// Printable ASCII and Latin-1 stand for themselves, the other 68 bytes for U+0100 and up.

/// The character of a byte.
char32_t printable_of_byte(unsigned char byte);

/// The byte of a character, or nothing when the alphabet lacks it.
std::optional<unsigned char> byte_of_printable(char32_t character);

/// The byte that the alphabet lists at place `index`, 0 to 255: the self-standing ones come first.
unsigned char byte_at_place(int index);

}  // namespace ptravel
