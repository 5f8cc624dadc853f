#include "text/utf8.h"

namespace ptravel {
namespace {

/// The allowed values of the byte after `lead`; they exclude overlong forms, surrogates and values
/// above U+10FFFF (Unicode, table 3-7).
struct SecondByte {
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

SecondByte second_byte(unsigned char lead) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {};
  }
}

std::size_t sequence_size(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) {
    return 2;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    return 3;
  }
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

}  // namespace

Utf8Character read_utf8(std::string_view text, std::size_t offset) {
  const auto lead = static_cast<unsigned char>(text[offset]);
  if (lead < 0x80) {
    return {lead, 1, true};
  }
  const std::size_t size = sequence_size(lead);
  if (size == 0) {
    return {kReplacementCharacter, 1, false};
  }
  char32_t value = lead & (0xFFu >> (size + 1));
  SecondByte allowed = second_byte(lead);
  for (std::size_t i = 1; i < size; ++i) {
    const unsigned char next =
        offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0;
    if (next < allowed.low || next > allowed.high) {
      return {kReplacementCharacter, i, false};
    }
    value = (value << 6) | (next & 0x3Fu);
    allowed = {};
  }
  return {value, size, true};
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto push = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | (code_point >> 6));
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | (code_point >> 12));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | (code_point >> 18));
    push(0x80 | ((code_point >> 12) & 0x3F));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string decoded;
  decoded.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) {
    const Utf8Character character = read_utf8(text, offset);
    decoded.push_back(character.code_point);
    offset += character.size;
  }
  return decoded;
}

std::string encode_utf8(std::u32string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char32_t code_point : text) {
    append_utf8(encoded, code_point);
  }
  return encoded;
}

std::string valid_utf8(std::string_view text) { return encode_utf8(decode_utf8(text)); }

}  // namespace ptravel
