#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// A one-byte encoding that UTF-8 text is often misread in. Bytes below 0x80 are ASCII.
class CodePage {
 public:
  /// Latin-1, where every byte is its own code point.
  static const CodePage& latin1();
  /// Windows-1252, what web browsers read Latin-1 as.
  static const CodePage& windows1252();
  /// All encodings of the repair, in the order in which it tries them.
  static const CodePage* begin();
  static const CodePage* end();

  /// The text as bytes, or nothing when a character has no byte. Where marks_losses(), U+FFFD is
  /// the byte 0x1A and the control character U+001A has none.
  std::optional<std::string> encode(std::u32string_view text) const;

  /// The byte of one character.
  std::optional<unsigned char> byte_of(char32_t code_point) const;
  /// The character of one byte. Unassigned bytes stand for themselves.
  char32_t character_of(unsigned char byte) const;

  /// Whether bytes that were lost on the way are kept as 0x1A (the Windows code pages).
  bool marks_losses() const { return marks_losses_; }
  /// Whether a space may be a no-break space that was changed on the way. Not in MacRoman, where
  /// the rule would take a dash and a space for one.
  bool restores_spaces() const { return restores_spaces_; }
  /// Whether the encoding is close to Latin-1: it shows UTF-8's lead bytes as accented or
  /// non-Latin letters, which the search for garbled pieces relies on.
  bool resembles_latin1() const { return this == &latin1() || marks_losses_; }

 private:
  friend struct CodePageTable;
  const char16_t* high_ = nullptr;  ///< Characters of 0x80 to 0xFF; null for Latin-1.
  bool marks_losses_ = false;
  bool restores_spaces_ = true;
};

}  // namespace ptravel
