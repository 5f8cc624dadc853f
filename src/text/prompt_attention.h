#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// A part of a prompt whose tokens all have one weight.
struct WeightedText {
  std::string text;     ///< UTF-8, brackets and escapes resolved.
  double weight = 1.0;  ///< Multiplies the tokens' embeddings; may be zero or negative.

  /// Whether this is a chunk break: the word BREAK with weight exactly -1. A BREAK inside brackets
  /// has another weight and is an ordinary word.
  bool is_break() const { return weight == -1.0 && text == "BREAK"; }
  bool operator==(const WeightedText&) const = default;
};

/// Parses the attention syntax of the AUTOMATIC1111 web UI 1.6 and later:
///   (text) times 1.1, (text:1.3) times 1.3, [text] divided by 1.1, \( \) \[ \] \\ literal, BREAK.
/// Brackets nest; open ones count as closed at the end, stray closing ones are text. Neighbours of
/// exactly equal weight are joined. The result has at least one entry (of text "" for an empty
/// prompt). Throws InvalidArgument for a number with two dots or without a digit, such as
/// "(a:1.3.4)", and for more than 1000 brackets of one kind open at once.
std::vector<WeightedText> parse_prompt_attention(std::string_view prompt);

}  // namespace ptravel
