// Weighted texts in the web UI's grammar.

#include "request/picture_prompt.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace ptravel {
namespace {

constexpr std::string_view kFullWidthHash = "\xEF\xBC\x83";
constexpr std::string_view kFullWidthLess = "\xEF\xBC\x9C";
constexpr std::string_view kFullWidthColon = "\xEF\xBC\x9A";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Whether the '<' at `position` begins a tag: <kind:...>.
bool begins_tag(std::string_view text, std::size_t position) {
  std::size_t end = position + 1;
  while (end < text.size() && is_word_character(text[end])) {
    ++end;
  }
  return end > position + 1 && end < text.size() && text[end] == ':' &&
         text.find('>', end) != std::string_view::npos;
}

/// AND and BREAK are words of the grammar in capitals only; the tokenizer makes no difference.
std::string without_keywords(std::string text, bool keep_breaks) {
  for (const std::string_view word : {"AND", "BREAK"}) {
    if (keep_breaks && word == "BREAK") {
      continue;
    }
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      const bool begins = at == 0 || !is_word_character(text[at - 1]);
      const std::size_t end = at + word.size();
      if (begins && (end == text.size() || !is_word_character(text[end]))) {
        std::transform(text.begin() + static_cast<std::ptrdiff_t>(at),
                       text.begin() + static_cast<std::ptrdiff_t>(end),
                       text.begin() + static_cast<std::ptrdiff_t>(at),
                       [](char c) { return static_cast<char>(c - 'A' + 'a'); });
      }
    }
  }
  return text;
}

/// Characters that mean something in the web UI's grammar, written so that they do not.
std::string escaped(std::string_view text, PromptMarkup markup) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (std::string_view("\\()[]").find(c) != std::string_view::npos) {
      result += '\\';
      result += c;
    } else if (c == '#') {
      result += kFullWidthHash;
    } else if (c == '<' && begins_tag(text, i)) {
      if (markup.tags) {
        const std::size_t end = text.find('>', i) + 1;
        result += text.substr(i, end - i);
        i = end - 1;
      } else {
        result += kFullWidthLess;
      }
    } else {
      result += c;
    }
  }
  return without_keywords(std::move(result), markup.breaks);
}

/// Up to six decimals, without zeros at the end and without an exponent.
std::string weight_text(double weight) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.6f", std::clamp(weight, -1e6, 1e6));
  std::string text = buffer;
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

/// A number after the last colon would weigh the whole prompt.
void hide_final_weight(std::string& prompt) {
  const std::size_t colon = prompt.rfind(':');
  if (colon != std::string::npos && parse_number(std::string_view(prompt).substr(colon + 1))) {
    prompt.replace(colon, 1, kFullWidthColon);
  }
}

}  // namespace

std::string to_webui_prompt(const std::vector<WeightedText>& parts, PromptMarkup markup) {
  std::string prompt;
  for (const WeightedText& part : parts) {
    const std::string weight = weight_text(part.weight);
    const std::string text = escaped(part.text, markup);
    if (weight == "1") {
      prompt += text;
    } else {
      prompt.append("(").append(text).append(":").append(weight).append(")");
    }
  }
  hide_final_weight(prompt);
  return prompt;
}

std::string convert_prompt(std::string_view prompt, PromptScheme scheme, PromptMarkup markup) {
  return scheme == PromptScheme::WebUi
             ? std::string(prompt)
             : to_webui_prompt(parse_weighted_prompt(prompt, scheme), markup);
}

bool has_weights(std::string_view prompt, PromptScheme scheme) {
  const std::vector<WeightedText> parts = parse_weighted_prompt(prompt, scheme);
  return std::any_of(parts.begin(), parts.end(),
                     [](const WeightedText& part) { return part.weight != 1; });
}

std::string without_comments(std::string_view prompt) {
  std::string result;
  for (const char c : prompt) {
    if (c == '#') {
      result += kFullWidthHash;
    } else {
      result += c;
    }
  }
  return result;
}

std::string without_spaced_weights(std::string_view prompt) {
  const auto skip = [prompt](std::size_t at, std::string_view characters) {
    return std::min(prompt.find_first_not_of(characters, at), prompt.size());
  };
  std::string result;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    const std::size_t number = prompt[i] == ':' ? skip(i + 1, " \t\n") : i;
    const std::size_t digits =
        number +
        (number < prompt.size() && (prompt[number] == '+' || prompt[number] == '-') ? 1 : 0);
    const std::size_t end = skip(digits, ".0123456789");
    const std::size_t close = skip(end, " \t\n");
    const bool weight =
        prompt[i] == ':' && end > digits && close < prompt.size() && prompt[close] == ')';
    if (weight && (number > i + 1 || close > end)) {
      result += kFullWidthColon;
    } else {
      result += prompt[i];
    }
  }
  return result;
}

}  // namespace ptravel
