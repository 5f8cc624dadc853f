#include "text/garbled.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "text/unicode.h"
#include "text/unicode_ranges.h"

namespace ptravel {
namespace {

/// Character classes as bits. "Accented" letters are those that seldom stand beside signs;
/// "common" letters and signs are ordinary in many places.
constexpr std::uint32_t kC1 = 1u << 0;
constexpr std::uint32_t kBad = 1u << 1;
constexpr std::uint32_t kLaw = 1u << 2;
constexpr std::uint32_t kCurrency = 1u << 3;
constexpr std::uint32_t kOpening = 1u << 4;
constexpr std::uint32_t kClosing = 1u << 5;
constexpr std::uint32_t kNumeric = 1u << 6;
constexpr std::uint32_t kFace = 1u << 7;  ///< Letters of faces drawn with characters.
constexpr std::uint32_t kUpper = 1u << 8;
constexpr std::uint32_t kLower = 1u << 9;
constexpr std::uint32_t kUpperCommon = 1u << 10;
constexpr std::uint32_t kLowerCommon = 1u << 11;
constexpr std::uint32_t kBox = 1u << 12;
constexpr std::uint32_t kCommon = 1u << 13;
constexpr std::uint32_t kAsciiUpper = 1u << 14;
constexpr std::uint32_t kAsciiLower = 1u << 15;
constexpr std::uint32_t kSpace = 1u << 16;
constexpr std::uint32_t kWord = 1u << 17;
constexpr std::uint32_t kNotNewline = 1u << 18;

struct ClassRange {
  CodePointRange range;
  std::uint32_t classes;
};

struct ClassList {
  std::u32string_view characters;
  std::uint32_t classes;
};

constexpr ClassRange kClassRanges[] = {
    {{0x80, 0x9F}, kC1},
    {{0xC0, 0xD1}, kUpper},
    {{0xD2, 0xD6}, kFace},
    {{0xD9, 0xDC}, kFace},
    {{0xDF, 0xF1}, kLower},
    {{0xF2, 0xF6}, kFace},
    {{0xF8, 0xFC}, kFace},
    {{0x391, 0x3A9}, kUpperCommon},
    {{0x3AC, 0x3B0}, kLowerCommon},
    {{0x3B1, 0x3C9}, kLowerCommon},
    {{0x401, 0x42F}, kUpperCommon},
    {{0x430, 0x45F}, kLowerCommon},
    {{0x2550, 0x256C}, kBox},
};

constexpr ClassList kClassLists[] = {
    {U"\u00A0\u00AD\u00B7\u00B4\u2013\u2014\u2015\u2026\u2019", kCommon},
    {U"\u00A4\u00A6\u00A8\u00AA\u00AC\u00AF\u00B8\u00BA\u0192\u02C6\u02C7\u02D8\u02DB\u02DC"
     U"\u2020\u2021\u2030\u2310\u25CA\uFFFD",
     kBad},
    {U"§¶", kLaw},
    {U"¢£¥\u20A7€", kCurrency},
    {U"¡«¿©\u0384\u0385\u2018\u201A\u201C\u201E\u2022\u2039\uF8FF", kOpening},
    {U"®»\u02DD\u201D\u203A\u2122", kClosing},
    {U"²³¹±¼½¾×µ÷\u2044\u2116\u2202\u2206\u220F\u2211\u221A\u221E\u2229\u222B\u2248\u2260\u2261"
     U"\u2264\u2265",
     kNumeric},
    {U"°ŌŐŪŲ", kFace},
    {U"ØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽ\u0490", kUpper},
    {U"üāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżž\u0491\uFB01\uFB02", kLower},
    {U"Þ\u0386\u0388\u0389\u038A\u038C\u038E\u038F\u03AA\u03AB", kUpperCommon},
    {U"│┌┐┘├┤┬┼▀▄█▌▐░▒▓", kBox},
};

std::uint32_t ascii_classes(char32_t c) {
  std::uint32_t classes = c == U'\n' ? 0u : kNotNewline;
  classes |= c >= U'a' && c <= U'z' ? kAsciiLower : 0u;
  classes |= c >= U'A' && c <= U'Z' ? kAsciiUpper : 0u;
  classes |= is_white_space(c) ? kSpace : 0u;
  classes |= is_word_character(c) ? kWord : 0u;
  return classes;
}

std::uint32_t classes_of(char32_t c) {
  std::uint32_t classes = ascii_classes(c);
  if (c < 0x80) {
    return classes;
  }
  for (const auto& [range, bits] : kClassRanges) {
    classes |= c >= range.first && c <= range.last ? bits : 0u;
  }
  for (const auto& [characters, bits] : kClassLists) {
    classes |= characters.find(c) != std::u32string_view::npos ? bits : 0u;
  }
  return classes;
}

/// One place of a sequence: a character of these classes or one of these characters.
struct Place {
  std::uint32_t classes = 0;
  std::u32string_view characters = {};
  bool negated = false;

  bool accepts(char32_t character, std::uint32_t character_classes) const {
    const bool inside =
        (classes & character_classes) != 0 ||
        (!characters.empty() && characters.find(character) != std::u32string_view::npos);
    return inside != negated;
  }
};

struct Sequence {
  std::vector<Place> places;
  bool only_at_start = false;
};

const std::vector<Sequence>& sequences() {
  constexpr std::uint32_t kAscii = kAsciiUpper | kAsciiLower;
  constexpr std::uint32_t kAccented = kUpper | kLower;
  constexpr std::uint32_t kPunctuation = kOpening | kClosing;
  constexpr std::uint32_t kSigns = kCurrency | kNumeric | kPunctuation | kLaw;
  constexpr std::uint32_t kMisread = kC1 | kBad | kPunctuation | kCurrency;
  const Place arabic_lead{0, U"ØÙ"};
  const Place arabic_tail{kCommon | kCurrency | kBad | kNumeric | kOpening, U"ŸŠ®°µ»"};
  const Place cyrillic{0, U"ВГРС"};
  const Place greek{0, U"ΒΓΞΟ"};
  const Place a_hat{0, U"ÃÂ"};
  const Place space{0, U" "};
  static const std::vector<Sequence> all = {
      {{{kC1}}},
      {{{kBad | kAccented | kBox | kSigns}, {kBad}}},
      {{{kAscii}, {kLowerCommon | kUpperCommon}, {kBad}}},
      {{{kBad}, {kAccented | kBox | kSigns}}},
      {{{kLower | kLowerCommon | kBox | kClosing | kCurrency | kNumeric}, {kUpper}}},
      {{{kBox | kClosing | kCurrency | kNumeric}, {kLower}}},
      {{{kLower | kBox | kClosing}, {kCurrency}}},
      {{{kSpace}, {kUpper}, {kCurrency}}},
      {{{kUpper | kBox}, {kNumeric | kLaw}}},
      {{{kAccented | kBox | kCurrency | kClosing}, {kOpening}, {kNumeric}}},
      {{{kAccented | kCurrency | kNumeric | kBox | kLaw}, {kClosing}, {kOpening}}},
      {{{kCurrency | kNumeric | kBox}, {kOpening}}},
      {{{kAsciiLower}, {kUpper}, {kOpening | kCurrency}}},
      {{{kBox}, {kFace}}},
      {{{kAccented | kSigns}, {kBox}}},
      {{{kBox}, {kClosing}}},
      {{{kAccented}, {kPunctuation}, {kWord}}},
      {{{0, U"Œœ"}, {kAscii, {}, true}}},
      {{{kUpper}, {0, U"°"}}},
      // Windows-1252: pairs, Arabic words, South Asian letters, a with grave or acute accent.
      {{{0, U"ÂÃÎÐ"}, {kPunctuation, U"€œŠš¢£Ÿž\u00A0\u00AD®©°·»\u2013\u2014´"}}},
      {{{0, U"×"}, {0, U"²³"}}},
      {{arabic_lead, arabic_tail, arabic_lead, arabic_tail}},
      {{{0, U"à"}, {0, U"²µ¹¼½¾"}}},
      {{{0, U"Ã"}, {0, U"\u00A0¡"}}},
      {{{kAsciiLower}, a_hat, space}},
      {{{kAsciiLower}, {kSpace}, a_hat, space}},
      {{a_hat, space}, true},
      {{{kAsciiLower | kClosing, U".,?!"}, {0, U"Â"}, {kPunctuation, U" "}}},
      // MacRoman.
      {{{0, U"√"}, {0, U"±∂†≠®™´≤≥¥µø"}}},
      {{{0, U"≈"}, {0, U"°¢"}}},
      {{{0, U"\u201A"}, {0, U"Ä"}, {0, U"ìîïòôúùû†°¢π"}}},
      {{{0, U"\u201A"}, {0, U"âó"}, {0, U"àä°ê"}}},
      // Windows-1251.
      {{{0, U"в"}, {0, U"Ђ"}}},
      {{cyrillic, {kMisread, U"°µ"}, cyrillic}},
      {{{0, U"Г"}, {0, U"ў"}, {0, U"В"}, {0, U"Ђ"}, {0, U"В"}, {kNotNewline}, {kAscii, U" "}}},
      // Windows-1253 and Windows-1257.
      {{{0, U"β"}, {0, U"€"}, {0, U"™\u00A0Ά\u00AD®°"}}},
      {{greek, {kMisread, U"°"}, greek}},
      {{{0, U"ā"}, {0, U"€"}}},
  };
  return all;
}

}  // namespace

bool looks_garbled(std::u32string_view text) {
  std::vector<std::uint32_t> classes(text.size());
  std::ranges::transform(text, classes.begin(), classes_of);
  const auto matches_at = [&](const Sequence& sequence, std::size_t begin) {
    if (sequence.places.size() > text.size() - begin || (sequence.only_at_start && begin > 0)) {
      return false;
    }
    for (std::size_t i = 0; i < sequence.places.size(); ++i) {
      if (!sequence.places[i].accepts(text[begin + i], classes[begin + i])) {
        return false;
      }
    }
    return true;
  };
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    if (std::ranges::any_of(sequences(), [&](const Sequence& s) { return matches_at(s, begin); })) {
      return true;
    }
  }
  return false;
}

}  // namespace ptravel
