#include "text/prompt_composition.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "text/prompt_number.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr std::u32string_view kAnd = U"AND";

std::u32string_view without_trailing_space(std::u32string_view text) {
  while (!text.empty() && is_white_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::vector<std::u32string_view> split_at_and(std::u32string_view prompt) {
  std::vector<std::u32string_view> parts;
  std::size_t begin = 0;
  for (std::size_t found = prompt.find(kAnd); found != std::u32string_view::npos;
       found = prompt.find(kAnd, found + 1)) {
    const std::size_t end = found + kAnd.size();
    const bool joined_before = found > 0 && is_word_character(prompt[found - 1]);
    const bool joined_after = end < prompt.size() && is_word_character(prompt[end]);
    if (!joined_before && !joined_after) {
      parts.push_back(prompt.substr(begin, found - begin));
      begin = end;
    }
  }
  parts.push_back(prompt.substr(begin));
  return parts;
}

struct WeightedPart {
  std::u32string_view text;
  double weight = 1.0;
};

/// Takes a trailing ":" number off a part; without one the whole part is text.
WeightedPart split_weight(std::u32string_view part) {
  const std::u32string_view text = without_trailing_space(part);
  std::size_t begin = text.size();
  while (begin > 0 && (text[begin - 1] == U'.' || decimal_digit(text[begin - 1]))) {
    --begin;
  }
  if (begin > 0 && (text[begin - 1] == U'+' || text[begin - 1] == U'-')) {
    --begin;
  }
  const std::optional<double> weight = parse_prompt_number(text.substr(begin));
  const std::u32string_view before = without_trailing_space(text.substr(0, begin));
  if (!weight || !before.ends_with(U':')) {
    return {text};
  }
  return {without_trailing_space(before.substr(0, before.size() - 1)), *weight};
}

}  // namespace

PromptComposition parse_prompt_composition(std::string_view prompt) {
  const std::u32string decoded = decode_utf8(prompt);
  PromptComposition composition;
  std::unordered_map<std::string, std::size_t> index_of_text;
  for (const std::u32string_view part : split_at_and(decoded)) {
    const WeightedPart weighted = split_weight(part);
    std::string text = encode_utf8(weighted.text);
    const auto [found, added] = index_of_text.emplace(text, composition.texts.size());
    if (added) {
      composition.texts.push_back(std::move(text));
    }
    composition.parts.push_back({found->second, weighted.weight});
  }
  return composition;
}

}  // namespace ptravel
