#include "text/prompt_attention.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "ptravel/error.h"
#include "text/prompt_number.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr double kRoundBracketWeight = 1.1;
constexpr double kSquareBracketWeight = 1 / 1.1;
/// 1.1 to this power is far beyond what the text encoder's numbers can hold; without a limit the
/// time would grow with the square of the prompt's length.
constexpr std::size_t kMostOpenBrackets = 1000;
constexpr std::u32string_view kBreak = U"BREAK";
constexpr std::u32string_view kEscapable = U"()[]\\";

/// Whether `text[begin, begin + size)` has no word character right before or after it.
bool stands_alone(std::u32string_view text, std::size_t begin, std::size_t size) {
  const std::size_t end = begin + size;
  return (begin == 0 || !is_word_character(text[begin - 1])) &&
         (end == text.size() || !is_word_character(text[end]));
}

/// Reads a prompt from left to right. Weights are kept beside the texts so that the multiplications
/// happen in the reference's order: which weights are *exactly* equal decides what is joined.
class AttentionParser {
 public:
  explicit AttentionParser(std::u32string_view prompt) : prompt_(prompt) {}

  std::vector<WeightedText> parse() {
    while (position_ < prompt_.size()) {
      read_piece();
    }
    for (const std::size_t begin : round_) {
      multiply_since(begin, kRoundBracketWeight);
    }
    for (const std::size_t begin : square_) {
      multiply_since(begin, kSquareBracketWeight);
    }
    if (texts_.empty()) {
      append({}, 1.0);
    }
    return joined();
  }

 private:
  void read_piece() {
    const char32_t c = prompt_[position_];
    if (c == U'\\') {
      read_escape();
    } else if (c == U'(' || c == U'[') {
      open(c == U'(' ? round_ : square_);
    } else if (c == U':' && read_weight()) {
      return;
    } else if (c == U')' && !round_.empty()) {
      close(round_, kRoundBracketWeight);
    } else if (c == U']' && !square_.empty()) {
      close(square_, kSquareBracketWeight);
    } else if (c == U':' || c == U')' || c == U']') {
      append(prompt_.substr(position_++, 1), 1.0);
    } else {
      read_text();
    }
  }

  void open(std::vector<std::size_t>& stack) {
    if (stack.size() == kMostOpenBrackets) {
      throw Error(ErrorCode::InvalidArgument,
                  "[prompt] brackets are nested too deeply: expected at most " +
                      std::to_string(kMostOpenBrackets) + " open at once");
    }
    stack.push_back(texts_.size());
    ++position_;
  }

  /// A backslash before a bracket or a backslash makes that literal; any other one disappears.
  void read_escape() {
    const std::u32string_view next = prompt_.substr(position_ + 1, 1);
    const bool escapes = !next.empty() && kEscapable.find(next[0]) != std::u32string_view::npos;
    append(escapes ? next : std::u32string_view(), 1.0);
    position_ += escapes ? 2 : 1;
  }

  /// ":" number ")" with optional white space closes a round bracket. False when it is not there;
  /// outside of round brackets it is text.
  bool read_weight() {
    const std::size_t begin = skip_white_space(position_ + 1);
    std::size_t end = begin;
    if (end < prompt_.size() && (prompt_[end] == U'+' || prompt_[end] == U'-')) {
      ++end;
    }
    const std::size_t digits = end;
    while (end < prompt_.size() && (prompt_[end] == U'.' || decimal_digit(prompt_[end]))) {
      ++end;
    }
    const std::size_t close_position = skip_white_space(end);
    if (end == digits || close_position == prompt_.size() || prompt_[close_position] != U')') {
      return false;
    }
    if (round_.empty()) {
      append(prompt_.substr(position_, close_position + 1 - position_), 1.0);
      position_ = close_position + 1;
      return true;
    }
    const std::u32string_view number = prompt_.substr(begin, end - begin);
    const std::optional<double> weight = parse_prompt_number(number);
    if (!weight) {
      throw Error(ErrorCode::InvalidArgument,
                  "[prompt] weight \"" + encode_utf8(number) + "\" after \"" + quoted_before() +
                      "\" is not a number: expected digits with at most one dot, as in (word:1.3)");
    }
    position_ = close_position;
    close(round_, *weight);
    return true;
  }

  /// A run without special characters, cut at every separate word BREAK.
  void read_text() {
    const std::size_t end = std::min(prompt_.find_first_of(U"\\()[]:", position_), prompt_.size());
    const std::u32string_view run = prompt_.substr(position_, end - position_);
    position_ = end;
    std::size_t begin = 0;
    for (std::size_t found = run.find(kBreak); found != std::u32string_view::npos;
         found = run.find(kBreak, found + 1)) {
      if (!stands_alone(run, found, kBreak.size())) {
        continue;
      }
      std::size_t text_end = found;
      while (text_end > begin && is_white_space(run[text_end - 1])) {
        --text_end;
      }
      append(run.substr(begin, text_end - begin), 1.0);
      append(kBreak, -1.0);
      begin = found + kBreak.size();
      while (begin < run.size() && is_white_space(run[begin])) {
        ++begin;
      }
    }
    append(run.substr(begin), 1.0);
  }

  std::size_t skip_white_space(std::size_t position) const {
    while (position < prompt_.size() && is_white_space(prompt_[position])) {
      ++position;
    }
    return position;
  }

  /// A few characters before the current position, for messages.
  std::string quoted_before() const {
    constexpr std::size_t kShown = 20;
    const std::size_t begin = position_ > kShown ? position_ - kShown : 0;
    return encode_utf8(prompt_.substr(begin, position_ - begin));
  }

  void append(std::u32string_view text, double weight) {
    texts_.emplace_back(text);
    weights_.push_back(weight);
  }

  void close(std::vector<std::size_t>& stack, double factor) {
    multiply_since(stack.back(), factor);
    stack.pop_back();
    ++position_;
  }

  void multiply_since(std::size_t begin, double factor) {
    for (std::size_t i = begin; i < weights_.size(); ++i) {
      weights_[i] *= factor;
    }
  }

  std::vector<WeightedText> joined() const {
    std::vector<WeightedText> result;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      if (i > 0 && result.back().weight == weights_[i]) {
        result.back().text += encode_utf8(texts_[i]);
      } else {
        result.push_back({encode_utf8(texts_[i]), weights_[i]});
      }
    }
    return result;
  }

  std::u32string_view prompt_;
  std::size_t position_ = 0;
  std::vector<std::size_t> round_;   ///< Where each open round bracket's entries begin.
  std::vector<std::size_t> square_;  ///< The same for square brackets.
  std::vector<std::u32string_view> texts_;
  std::vector<double> weights_;
};

}  // namespace

std::vector<WeightedText> parse_prompt_attention(std::string_view prompt) {
  const std::u32string decoded = decode_utf8(prompt);
  return AttentionParser(decoded).parse();
}

}  // namespace ptravel
