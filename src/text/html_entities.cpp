#include "text/html_entities.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "text/mojibake.h"
#include "text/repair_tables.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr std::size_t kLongestName = 24;  // Letters and digits between '&' or "&#" and ';'.

const std::unordered_map<std::string_view, std::string_view>& entities() {
  static const std::unordered_map<std::string_view, std::string_view> table = [] {
    std::unordered_map<std::string_view, std::string_view> made;
    const std::string_view all = html_entity_text();
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t name_end = all.find(';', begin);
      const std::size_t end = std::min(all.find('&', name_end + 2), all.size());
      made.emplace(all.substr(begin + 1, name_end - begin - 1),
                   all.substr(name_end + 1, end - name_end - 1));
      begin = end;
    }
    return made;
  }();
  return table;
}

bool is_alphanumeric(char32_t c) {
  return (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z');
}

std::optional<std::uint32_t> digit_value(char32_t c, std::uint32_t base) {
  const std::uint32_t value = c <= U'9' ? c - U'0' : (c | 0x20u) - U'a' + 10;
  return value < base ? std::optional(value) : std::nullopt;
}

/// HTML's rules for numbers: C1 positions mean Windows-1252, other control characters and
/// non-characters vanish, impossible values become U+FFFD.
std::u32string character_of_number(std::uint32_t number) {
  if (number >= 0x80 && number <= 0x9F) {
    return fix_c1_controls(std::u32string(1, number));
  }
  if (number == 0 || (number >= 0xD800 && number <= 0xDFFF) || number > 0x10FFFF) {
    return std::u32string(1, kReplacementCharacter);
  }
  const bool control =
      (number < 0x20 && number != '\t' && number != '\n' && number != '\f' && number != '\r') ||
      number == 0x7F;
  const bool non_character =
      (number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFEu) == 0xFFFEu;
  return control || non_character ? std::u32string() : std::u32string(1, number);
}

/// The meaning of "&#" digits ";", digits being decimal or, after an x, hexadecimal.
std::optional<std::u32string> unescape_number(std::u32string_view digits) {
  std::uint32_t base = 10;
  if (digits.starts_with(U'x') || digits.starts_with(U'X')) {
    base = 16;
    digits.remove_prefix(1);
  }
  std::uint32_t number = 0;
  for (const char32_t c : digits) {
    const std::optional<std::uint32_t> digit = digit_value(c, base);
    if (!digit) {
      return std::nullopt;
    }
    number = std::min<std::uint32_t>(number * base + *digit, 0x110000);
  }
  if (digits.empty() || number == U';') {
    return std::nullopt;
  }
  return character_of_number(number);
}

std::optional<std::u32string> unescape_name(std::u32string_view name) {
  const auto found = entities().find(encode_utf8(name));
  return found == entities().end() ? std::nullopt : std::optional(decode_utf8(found->second));
}

}  // namespace

std::u32string unescape_html(std::u32string_view text) {
  std::u32string unescaped;
  unescaped.reserve(text.size());
  for (std::size_t begin = 0; begin < text.size();) {
    if (text[begin] != U'&') {
      unescaped.push_back(text[begin++]);
      continue;
    }
    const bool is_number = text.substr(begin + 1).starts_with(U'#');
    const std::size_t name_begin = begin + (is_number ? 2 : 1);
    std::size_t end = std::min(name_begin, text.size());
    while (end < text.size() && end - name_begin <= kLongestName && is_alphanumeric(text[end])) {
      ++end;
    }
    std::optional<std::u32string> value;
    if (end < text.size() && text[end] == U';' && end > name_begin &&
        end - name_begin <= kLongestName) {
      const std::u32string_view name = text.substr(name_begin, end - name_begin);
      value = is_number ? unescape_number(name) : unescape_name(name);
    }
    if (value) {
      unescaped += *value;
      begin = end + 1;
    } else {
      unescaped.push_back(text[begin++]);
    }
  }
  return unescaped;
}

}  // namespace ptravel
