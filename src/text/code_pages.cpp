#include "text/code_pages.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "text/repair_tables.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr int kTableCount = 9;
constexpr int kWindowsCount = 6;  // The first tables are Windows code pages.
constexpr int kMacRoman = 7;
constexpr unsigned char kLossMark = 0x1A;

}  // namespace

/// All code pages: Latin-1 and then the generated tables in their order.
struct CodePageTable {
  std::array<CodePage, kTableCount + 1> pages;

  CodePageTable() {
    for (int i = 0; i < kTableCount; ++i) {
      CodePage& page = pages[static_cast<std::size_t>(i) + 1];
      page.high_ = code_page_characters(i);
      page.marks_losses_ = i < kWindowsCount;
      page.restores_spaces_ = i != kMacRoman;
    }
  }

  static const CodePageTable& instance() {
    static const CodePageTable table;
    return table;
  }
};

const CodePage* CodePage::begin() { return CodePageTable::instance().pages.data(); }
const CodePage* CodePage::end() { return begin() + kTableCount + 1; }
const CodePage& CodePage::latin1() { return begin()[0]; }
const CodePage& CodePage::windows1252() { return begin()[1]; }

std::optional<unsigned char> CodePage::byte_of(char32_t code_point) const {
  if (marks_losses_ && (code_point == kLossMark || code_point == kReplacementCharacter)) {
    return code_point == kLossMark ? std::nullopt : std::optional(kLossMark);
  }
  if (code_point < 0x80 || (high_ == nullptr && code_point < 0x100)) {
    return static_cast<unsigned char>(code_point);
  }
  if (high_ == nullptr || code_point > 0xFFFF) {
    return std::nullopt;
  }
  const char16_t* found = std::find(high_, high_ + 128, static_cast<char16_t>(code_point));
  if (found == high_ + 128) {
    return std::nullopt;
  }
  return static_cast<unsigned char>(0x80 + (found - high_));
}

char32_t CodePage::character_of(unsigned char byte) const {
  if (marks_losses_ && byte == kLossMark) {
    return kReplacementCharacter;
  }
  return byte < 0x80 || high_ == nullptr ? byte : high_[byte - 0x80];
}

std::optional<std::string> CodePage::encode(std::u32string_view text) const {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t code_point : text) {
    const std::optional<unsigned char> byte = byte_of(code_point);
    if (!byte) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(*byte));
  }
  return bytes;
}

}  // namespace ptravel
