#include "text/text_repair.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "text/html_entities.h"
#include "text/mojibake.h"
#include "text/repair_tables.h"
#include "text/unicode.h"

namespace ptravel {
namespace {

constexpr int kMostPasses = 32;
constexpr std::size_t kLongestSegment = 1'000'000;
constexpr char32_t kEscape = 0x1B;

/// Characters that stand for other characters: ligatures and digraphs of Latin letters, full-width
/// and half-width forms, curly quotes.
const std::unordered_map<char32_t, std::u32string>& replacements() {
  static const std::unordered_map<char32_t, std::u32string> table = [] {
    std::unordered_map<char32_t, std::u32string> made = {
        {U'\u0132', U"IJ"},      {U'\u0133', U"ij"},      {U'\u0149', U"\u02BCn"},
        {U'\u01F1', U"DZ"},      {U'\u01F2', U"Dz"},      {U'\u01F3', U"dz"},
        {U'\u01C4', U"D\u017D"}, {U'\u01C5', U"D\u017E"}, {U'\u01C6', U"d\u017E"},
        {U'\u01C7', U"LJ"},      {U'\u01C8', U"Lj"},      {U'\u01C9', U"lj"},
        {U'\u01CA', U"NJ"},      {U'\u01CB', U"Nj"},      {U'\u01CC', U"nj"},
        {U'\uFB00', U"ff"},      {U'\uFB01', U"fi"},      {U'\uFB02', U"fl"},
        {U'\uFB03', U"ffi"},     {U'\uFB04', U"ffl"},     {U'\uFB05', U"\u017Ft"},
        {U'\uFB06', U"st"},      {U'\u02BC', U"'"},       {U'\u2018', U"'"},
        {U'\u2019', U"'"},       {U'\u201A', U"'"},       {U'\u201B', U"'"},
        {U'\u201C', U"\""},      {U'\u201D', U"\""},      {U'\u201E', U"\""},
        {U'\u201F', U"\""}};
    for (const WidthForm& form : width_forms()) {
      std::u32string& plain = made[form.form];
      plain.assign(1, form.first);
      if (form.second != 0) {
        plain.push_back(form.second);
      }
    }
    return made;
  }();
  return table;
}

std::u32string replace_forms(std::u32string_view text) {
  std::u32string replaced;
  replaced.reserve(text.size());
  for (const char32_t c : text) {
    const auto found = c < 0x80 ? replacements().end() : replacements().find(c);
    if (found == replacements().end()) {
      replaced.push_back(c);
    } else {
      replaced += found->second;
    }
  }
  return replaced;
}

std::u32string unify_line_breaks(std::u32string_view text) {
  std::u32string unified;
  unified.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == U'\r' && text.substr(i + 1).starts_with(U'\n')) {
      continue;
    }
    const bool line_break = c == U'\r' || c == 0x2028 || c == 0x2029 || c == 0x85;
    unified.push_back(line_break ? U'\n' : c);
  }
  return unified;
}

/// Drops the colour and cursor commands of terminals: escape, '[', digits and semicolons, a letter.
std::u32string remove_terminal_escapes(std::u32string_view text) {
  std::u32string kept;
  kept.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kEscape && text.substr(i + 1).starts_with(U'[')) {
      std::size_t end = i + 2;
      while (end < text.size() && (text[end] == U';' || decimal_digit(text[end]))) {
        ++end;
      }
      const char32_t letter = end < text.size() ? text[end] | 0x20u : 0;
      if (letter >= U'a' && letter <= U'z') {
        i = end;
        continue;
      }
    }
    kept.push_back(text[i]);
  }
  return kept;
}

bool is_unwanted_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

std::u32string repair_once(std::u32string_view text, bool unescape) {
  std::u32string repaired = unescape ? unescape_html(text) : std::u32string(text);
  repaired = fix_c1_controls(fix_mojibake(repaired));
  repaired = unify_line_breaks(replace_forms(repaired));
  repaired = remove_terminal_escapes(repaired);
  std::erase_if(repaired, is_unwanted_control);
  return to_nfc(repaired);
}

std::u32string repair_segment(std::u32string_view text, bool unescape) {
  std::u32string current(text);
  for (int pass = 0; pass < kMostPasses; ++pass) {
    std::u32string repaired = repair_once(current, unescape);
    if (repaired == current) {
      break;
    }
    current = std::move(repaired);
  }
  return current;
}

}  // namespace

std::u32string repair_text(std::u32string_view text) {
  std::u32string repaired;
  bool unescape = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t line_end = std::min(text.find(U'\n', begin), text.size() - 1) + 1;
    const std::size_t end = std::min(line_end, begin + kLongestSegment);
    const std::u32string_view segment = text.substr(begin, end - begin);
    unescape = unescape && segment.find(U'<') == std::u32string_view::npos;
    repaired += repair_segment(segment, unescape);
    begin = end;
  }
  return repaired;
}

}  // namespace ptravel
