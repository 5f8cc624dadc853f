#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// A part of a prompt and how strongly it counts; the text is literal.
struct WeightedText {
  std::string text;
  double weight = 1;
  bool operator==(const WeightedText&) const = default;
};

/// How a program writes that a part of a prompt counts more or less.
enum class PromptScheme {
  WebUi,     ///< The web UI's grammar as it stands.
  Brackets,  ///< The web UI's brackets and BREAK, without editing and AND (stable-diffusion.cpp).
  ComfyUi,   ///< (x) is 1.1, a number in (x:1.3) counts by itself; square brackets are text.
  NovelAi,   ///< {x} is 1.05, [x] its inverse, 1.3::x:: has a number; round brackets are text.
  Compel,    ///< x+ is 1.1, x- is 0.9, (x y)1.3, as InvokeAI writes it; square brackets are text.
};

/// What of the web UI's markup a program knows as well; the rest is text to it.
struct PromptMarkup {
  bool tags = false;    ///< <lora:name:0.8>
  bool breaks = false;  ///< BREAK
};

/// The parts of a prompt of any scheme but WebUi, neighbours of one weight joined. Never fails:
/// what does not fit the grammar is text.
std::vector<WeightedText> parse_weighted_prompt(std::string_view prompt, PromptScheme scheme);

/// The prompt in the web UI's grammar: the same parts, weights and characters, with everything that
/// would mean something there (brackets, comments, tags, editing, AND, BREAK) written so that it is
/// text. Characters without an escape are written as their full-width forms, which the tokenizer's
/// text repair makes ordinary.
std::string to_webui_prompt(const std::vector<WeightedText>& parts, PromptMarkup markup);

/// A prompt of `scheme` in the web UI's grammar.
std::string convert_prompt(std::string_view prompt, PromptScheme scheme, PromptMarkup markup);

/// Whether any part counts more or less than 1.
bool has_weights(std::string_view prompt, PromptScheme scheme);

/// Writes '#' so that it begins no comment: web UIs before 1.8 had none.
std::string without_comments(std::string_view prompt);

/// Writes the colon of "(a: 1.2)" so that the number is text: before 1.6 the web UI allowed no
/// white space around a weight.
std::string without_spaced_weights(std::string_view prompt);

}  // namespace ptravel
