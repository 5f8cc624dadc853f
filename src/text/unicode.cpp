#include "text/unicode.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "text/unicode_ranges.h"

namespace ptravel {
namespace {

struct LowerRun {
  char32_t first;
  char32_t last;
  char32_t stride;
  int difference;
};

struct Decomposition {
  char32_t composed;
  char32_t first;
  char32_t second;
  int composes;
};

struct CombiningRun {
  char32_t first;
  char32_t last;
  unsigned char combining_class;
};

#include "text/unicode_tables.inc"

constexpr char32_t kCapitalIWithDot = 0x130;
constexpr char32_t kCombiningDotAbove = 0x307;
constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;

char32_t simple_lower(char32_t code_point) {
  const LowerRun* run = find_range<LowerRun>(kLowerRuns, code_point);
  if (run == nullptr || (code_point - run->first) % run->stride != 0) {
    return code_point;
  }
  return static_cast<char32_t>(static_cast<int>(code_point) + run->difference);
}

bool ends_word(std::u32string_view text, std::size_t position) {
  const auto ignorable = [](char32_t c) {
    return find_range<CodePointRange>(kCaseIgnorable, c) != nullptr;
  };
  const auto cased = [](char32_t c) { return find_range<CodePointRange>(kCased, c) != nullptr; };
  std::size_t before = position;
  while (before > 0 && ignorable(text[before - 1])) {
    --before;
  }
  if (before == 0 || !cased(text[before - 1])) {
    return false;
  }
  std::size_t after = position + 1;
  while (after < text.size() && ignorable(text[after])) {
    ++after;
  }
  return after == text.size() || !cased(text[after]);
}

// Hangul syllables compose by arithmetic (The Unicode Standard, section 3.12).
constexpr char32_t kSyllableBase = 0xAC00;
constexpr char32_t kLeadBase = 0x1100;
constexpr char32_t kVowelBase = 0x1161;
constexpr char32_t kTrailBase = 0x11A7;
constexpr char32_t kLeadCount = 19;
constexpr char32_t kVowelCount = 21;
constexpr char32_t kTrailCount = 28;
constexpr char32_t kSyllableCount = kLeadCount * kVowelCount * kTrailCount;

unsigned char combining_class(char32_t code_point) {
  const CombiningRun* run = find_range<CombiningRun>(kCombiningRuns, code_point);
  return run == nullptr ? 0 : run->combining_class;
}

const Decomposition* find_decomposition(char32_t code_point) {
  const auto* found =
      std::ranges::lower_bound(kDecompositions, code_point, {}, &Decomposition::composed);
  return found != std::end(kDecompositions) && found->composed == code_point ? found : nullptr;
}

/// Appends the full canonical decomposition; the tables nest at most a few levels deep.
void append_decomposed(std::u32string& text, char32_t code_point) {
  if (code_point - kSyllableBase < kSyllableCount) {
    const char32_t index = code_point - kSyllableBase;
    text.push_back(kLeadBase + index / (kVowelCount * kTrailCount));
    text.push_back(kVowelBase + index / kTrailCount % kVowelCount);
    if (index % kTrailCount != 0) {
      text.push_back(kTrailBase + index % kTrailCount);
    }
    return;
  }
  const Decomposition* found = find_decomposition(code_point);
  if (found == nullptr) {
    text.push_back(code_point);
    return;
  }
  append_decomposed(text, found->first);
  if (found->second != 0) {
    append_decomposed(text, found->second);
  }
}

/// Sorts every run of combining marks by class, keeping the order of equals.
void order_marks(std::u32string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (combining_class(text[begin]) == 0) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && combining_class(text[end]) != 0) {
      ++end;
    }
    std::ranges::stable_sort(std::span(text).subspan(begin, end - begin), {}, combining_class);
    begin = end;
  }
}

std::span<const Decomposition> compositions() {
  static const std::vector<Decomposition> sorted = [] {
    std::vector<Decomposition> pairs;
    std::ranges::copy_if(kDecompositions, std::back_inserter(pairs),
                         [](const Decomposition& entry) { return entry.composes != 0; });
    std::ranges::sort(pairs, [](const Decomposition& a, const Decomposition& b) {
      return std::pair(a.first, a.second) < std::pair(b.first, b.second);
    });
    return pairs;
  }();
  return sorted;
}

/// The character that the pair composes to, or 0.
char32_t compose(char32_t first, char32_t second) {
  if (first - kLeadBase < kLeadCount && second - kVowelBase < kVowelCount) {
    return kSyllableBase +
           ((first - kLeadBase) * kVowelCount + (second - kVowelBase)) * kTrailCount;
  }
  if (first - kSyllableBase < kSyllableCount && (first - kSyllableBase) % kTrailCount == 0 &&
      second - kTrailBase - 1 < kTrailCount - 1) {
    return first + (second - kTrailBase);
  }
  const auto key = [](const Decomposition& entry) { return std::pair(entry.first, entry.second); };
  const auto found = std::ranges::lower_bound(compositions(), std::pair(first, second), {}, key);
  return found != compositions().end() && key(*found) == std::pair(first, second) ? found->composed
                                                                                  : 0;
}

/// Joins each starter with the following marks that nothing blocks, in place.
void compose_all(std::u32string& text) {
  std::size_t kept = 0;
  std::optional<std::size_t> starter;
  int previous_class = -1;  // Of the last kept character after the starter; -1 for none.
  for (const char32_t code_point : std::u32string(text)) {
    const int current_class = combining_class(code_point);
    if (starter && previous_class < current_class) {
      if (const char32_t composed = compose(text[*starter], code_point)) {
        text[*starter] = composed;
        continue;
      }
    }
    if (current_class == 0) {
      starter = kept;
      previous_class = -1;
    } else {
      previous_class = current_class;
    }
    text[kept++] = code_point;
  }
  text.resize(kept);
}

}  // namespace

bool is_letter(char32_t code_point) {
  return find_range<CodePointRange>(kLetters, code_point) != nullptr;
}

bool is_number(char32_t code_point) {
  return find_range<CodePointRange>(kNumbers, code_point) != nullptr;
}

bool is_white_space(char32_t c) {
  return (c >= 0x9 && c <= 0xD) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

bool is_word_character(char32_t code_point) {
  return code_point == U'_' || is_letter(code_point) || is_number(code_point);
}

std::optional<int> decimal_digit(char32_t code_point) {
  const auto* after = std::ranges::upper_bound(kDecimalZeros, code_point);
  if (after == std::begin(kDecimalZeros)) {
    return std::nullopt;
  }
  const char32_t value = code_point - *std::prev(after);
  return value < 10 ? std::optional(static_cast<int>(value)) : std::nullopt;
}

std::u32string to_lower(std::u32string_view text) {
  std::u32string lowered;
  lowered.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kCapitalSigma) {
      lowered.push_back(ends_word(text, i) ? kFinalSigma : kSmallSigma);
    } else if (text[i] == kCapitalIWithDot) {
      lowered.push_back(U'i');
      lowered.push_back(kCombiningDotAbove);
    } else {
      lowered.push_back(simple_lower(text[i]));
    }
  }
  return lowered;
}

std::u32string to_nfc(std::u32string_view text) {
  constexpr char32_t kFirstThatMayChange = 0x300;
  if (std::ranges::all_of(text, [](char32_t c) { return c < kFirstThatMayChange; })) {
    return std::u32string(text);
  }
  std::u32string normalized;
  normalized.reserve(text.size());
  for (const char32_t code_point : text) {
    append_decomposed(normalized, code_point);
  }
  order_marks(normalized);
  compose_all(normalized);
  return normalized;
}

}  // namespace ptravel
