#include "text/mojibake.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "text/byte_repair.h"
#include "text/code_pages.h"
#include "text/garbled.h"

namespace ptravel {
namespace {

/// Every pass undoes one misreading; texts that were misread more often stay as they are then.
constexpr int kMostPasses = 32;

constexpr char32_t kFirstC1 = 0x80;
constexpr char32_t kLastC1 = 0x9F;

bool is_c1(char32_t c) { return c >= kFirstC1 && c <= kLastC1; }

std::optional<std::u32string> read_again(std::u32string_view text, const CodePage& page) {
  std::optional<std::string> encoded = page.encode(text);
  if (!encoded) {
    return std::nullopt;
  }
  if (page.restores_spaces()) {
    *encoded = restore_spaces(*encoded);
  }
  if (page.marks_losses()) {
    *encoded = replace_losses(*encoded);
  }
  return decode_strictly(*encoded);
}

/// What a character may be as a misread byte of UTF-8, as bits.
constexpr unsigned kLeadOf2 = 1;
constexpr unsigned kLeadOf3 = 2;
constexpr unsigned kLeadOf4 = 4;
constexpr unsigned kTail = 8;
constexpr unsigned kSureTail = 16;

unsigned role_of_byte(int byte) {
  if (byte < 0xC0) {
    return kTail | kSureTail;
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    return kLeadOf2;
  }
  if (byte >= 0xE0 && byte <= 0xEF) {
    return kLeadOf3;
  }
  return byte == 0xF0 || byte == 0xF3 ? kLeadOf4 : 0u;
}

const std::map<char32_t, unsigned>& roles() {
  static const std::map<char32_t, unsigned> table = [] {
    std::map<char32_t, unsigned> made;
    for (const CodePage* page = CodePage::begin(); page != CodePage::end(); ++page) {
      for (int byte = 0x80; page->resembles_latin1() && byte < 0x100; ++byte) {
        made[page->character_of(static_cast<unsigned char>(byte))] |= role_of_byte(byte);
      }
    }
    // Spaces, dashes, bullets, quotation marks and ellipses also stand for themselves.
    constexpr std::u32string_view kOrdinary =
        U" \u2013\u2014\u2015\u2018\u2019\u201A\u201C\u201D\u201E\u2022\u2026";
    for (const char32_t ordinary : kOrdinary) {
      made[ordinary] = (made[ordinary] | kTail) & ~kSureTail;
    }
    return made;
  }();
  return table;
}

unsigned role(char32_t code_point) {
  const auto found = roles().find(code_point);
  return found == roles().end() ? 0u : found->second;
}

/// How many characters at `begin` look like one misread UTF-8 sequence; 0 for none.
std::size_t misread_sequence(std::u32string_view text, std::size_t begin) {
  const unsigned lead = role(text[begin]);
  const std::size_t tails = (lead & kLeadOf2)   ? 1
                            : (lead & kLeadOf3) ? 2
                            : (lead & kLeadOf4) ? 3
                                                : 0;
  if (tails == 0 || tails >= text.size() - begin) {
    return 0;
  }
  const std::u32string_view rest = text.substr(begin + 1, tails);
  return std::ranges::all_of(rest, [](char32_t c) { return (role(c) & kTail) != 0; }) ? tails + 1
                                                                                      : 0;
}

/// Repairs runs of misread sequences one by one, leaving what is between them.
std::u32string fix_pieces(std::u32string_view text) {
  std::u32string fixed;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    if (begin == 0 || (role(text[begin - 1]) & kSureTail) == 0) {
      while (end < text.size()) {
        const std::size_t size = misread_sequence(text, end);
        if (size == 0) {
          break;
        }
        end += size;
      }
    }
    if (end == begin) {
      fixed.push_back(text[begin++]);
      continue;
    }
    const std::u32string_view piece = text.substr(begin, end - begin);
    if (piece.size() < text.size() && looks_garbled(piece)) {
      fixed += fix_mojibake(piece);
    } else {
      fixed += piece;
    }
    begin = end;
  }
  return fixed;
}

/// Latin-1 with C1 control characters is meant as Windows-1252; nothing when a byte of that has no
/// character there.
std::optional<std::u32string> read_latin1_as_windows(std::u32string_view text) {
  if (!CodePage::latin1().encode(text)) {
    return std::nullopt;
  }
  std::u32string fixed = fix_c1_controls(text);
  return std::ranges::any_of(fixed, is_c1) ? std::nullopt : std::optional(std::move(fixed));
}

std::u32string fix_once(std::u32string_view text) {
  const bool ascii = std::ranges::all_of(text, [](char32_t c) { return c < 0x80; });
  if (ascii || !looks_garbled(text)) {
    return std::u32string(text);
  }
  for (const CodePage* page = CodePage::begin(); page != CodePage::end(); ++page) {
    if (std::optional<std::u32string> fixed = read_again(text, *page)) {
      return *std::move(fixed);
    }
  }
  if (std::u32string fixed = fix_pieces(text); fixed != text) {
    return fixed;
  }
  if (std::optional<std::u32string> fixed = read_latin1_as_windows(text)) {
    if (*fixed != text) {
      return *std::move(fixed);
    }
  }
  return fix_c1_controls(text);
}

}  // namespace

std::u32string fix_mojibake(std::u32string_view text) {
  std::u32string current(text);
  for (int pass = 0; pass < kMostPasses; ++pass) {
    std::u32string fixed = fix_once(current);
    if (fixed == current) {
      break;
    }
    current = std::move(fixed);
  }
  return current;
}

std::u32string fix_c1_controls(std::u32string_view text) {
  std::u32string fixed(text);
  for (char32_t& c : fixed) {
    if (is_c1(c)) {
      c = CodePage::windows1252().character_of(static_cast<unsigned char>(c));
    }
  }
  return fixed;
}

}  // namespace ptravel
