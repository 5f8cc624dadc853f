#include "text/word_split.h"

#include <cstddef>

#include "text/unicode.h"

namespace ptravel {
namespace {

/// The long s is an s to a pattern that ignores case, and has no capital to lower.
constexpr std::u32string_view kWhole[] = {kStartMark, kEndMark, U"'s", U"'\u017F", U"'t",
                                          U"'re",     U"'ve",   U"'m", U"'ll",     U"'d"};

enum class Kind { Space, Letter, Number, Other };

Kind kind_of(char32_t c) {
  if (is_white_space(c)) {
    return Kind::Space;
  }
  if (is_letter(c)) {
    return Kind::Letter;
  }
  return is_number(c) ? Kind::Number : Kind::Other;
}

/// How many characters the word at the beginning of `text` takes; it does not begin with white
/// space.
std::size_t word_size(std::u32string_view text) {
  for (const std::u32string_view whole : kWhole) {
    if (text.starts_with(whole)) {
      return whole.size();
    }
  }
  const Kind kind = kind_of(text.front());
  std::size_t size = 1;
  while (kind != Kind::Number && size < text.size() && kind_of(text[size]) == kind) {
    ++size;
  }
  return size;
}

}  // namespace

std::vector<std::u32string_view> split_words(std::u32string_view text) {
  std::vector<std::u32string_view> words;
  while (!text.empty()) {
    if (is_white_space(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t size = word_size(text);
    words.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return words;
}

}  // namespace ptravel
