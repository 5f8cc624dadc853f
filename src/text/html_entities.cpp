#include "text/html_entities.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <unordered_map>

#include "text/mojibake.h"
#include "text/repair_tables.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr std::size_t kLongestName = 24;  // Letters and digits between '&' or "&#" and ';'.

// Names that need no semicolon (HTML Standard, "Named character references"), in order.
constexpr std::string_view kOldNames[] = {
    "AElig",  "AMP",    "Aacute", "Acirc",  "Agrave", "Aring",  "Atilde", "Auml",   "COPY",
    "Ccedil", "ETH",    "Eacute", "Ecirc",  "Egrave", "Euml",   "GT",     "Iacute", "Icirc",
    "Igrave", "Iuml",   "LT",     "Ntilde", "Oacute", "Ocirc",  "Ograve", "Oslash", "Otilde",
    "Ouml",   "QUOT",   "REG",    "THORN",  "Uacute", "Ucirc",  "Ugrave", "Uuml",   "Yacute",
    "aacute", "acirc",  "acute",  "aelig",  "agrave", "amp",    "aring",  "atilde", "auml",
    "brvbar", "ccedil", "cedil",  "cent",   "copy",   "curren", "deg",    "divide", "eacute",
    "ecirc",  "egrave", "eth",    "euml",   "frac12", "frac14", "frac34", "gt",     "iacute",
    "icirc",  "iexcl",  "igrave", "iquest", "iuml",   "laquo",  "lt",     "macr",   "micro",
    "middot", "nbsp",   "not",    "ntilde", "oacute", "ocirc",  "ograve", "ordf",   "ordm",
    "oslash", "otilde", "ouml",   "para",   "plusmn", "pound",  "quot",   "raquo",  "reg",
    "sect",   "shy",    "sup1",   "sup2",   "sup3",   "szlig",  "thorn",  "times",  "uacute",
    "ucirc",  "ugrave", "uml",    "uuml",   "yacute", "yen",    "yuml",
};
constexpr std::size_t kLongestOldName = 6;
constexpr std::size_t kLongestReference = 32;

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

/// A reference's meaning, and how many characters behind the '&' it takes.
struct Reference {
  std::u32string value;
  std::size_t size;
};

/// "#233", "#xE9;" and the like at the beginning of `text`.
std::optional<Reference> read_number(std::u32string_view text) {
  const bool hexadecimal = text.substr(1).starts_with(U'x') || text.substr(1).starts_with(U'X');
  const std::size_t first = hexadecimal ? 2 : 1;
  std::size_t end = first;
  while (end < text.size() && is_alphanumeric(text[end]) &&
         digit_value(text[end], hexadecimal ? 16 : 10)) {
    ++end;
  }
  if (end == first) {
    return std::nullopt;
  }
  const auto value = unescape_number(text.substr(1, end - 1));
  const bool closed = end < text.size() && text[end] == U';';
  return value ? std::optional(Reference{*value, end + (closed ? 1 : 0)}) : std::nullopt;
}

/// A name at the beginning of `text`: a whole one with its semicolon, else the longest old one.
std::optional<Reference> read_name(std::u32string_view text) {
  constexpr std::u32string_view kEnds = U"\t\n\f <&#;";
  const std::size_t end = std::min({text.find_first_of(kEnds), text.size(), kLongestReference});
  if (end < text.size() && text[end] == U';') {
    if (const auto value = unescape_name(text.substr(0, end))) {
      return Reference{*value, end + 1};
    }
  }
  for (std::size_t size = std::min(end, kLongestOldName); size > 1; --size) {
    const std::string name = encode_utf8(text.substr(0, size));
    if (std::binary_search(std::begin(kOldNames), std::end(kOldNames), name)) {
      return Reference{*unescape_name(text.substr(0, size)), size};
    }
  }
  return std::nullopt;
}

}  // namespace

std::u32string unescape_html_as_browsers(std::u32string_view text) {
  std::u32string unescaped;
  unescaped.reserve(text.size());
  for (std::size_t begin = 0; begin < text.size();) {
    const std::u32string_view behind = text.substr(begin + 1);
    std::optional<Reference> reference;
    if (text[begin] == U'&') {
      reference = behind.starts_with(U'#') ? read_number(behind) : read_name(behind);
    }
    if (reference) {
      unescaped += reference->value;
      begin += 1 + reference->size;
    } else {
      unescaped.push_back(text[begin++]);
    }
  }
  return unescaped;
}

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
