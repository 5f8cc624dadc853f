// Prompt schemes: brackets that weigh (BracketParser), Compel's signs and numbers (CompelParser).

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "request/picture_prompt.h"

namespace ptravel {
namespace {

constexpr std::size_t kLongestPrompt = 100'000;  // bytes; a longer one is a text without weights
constexpr std::size_t kDeepest = 1000;           // brackets that are open at once

/// What the brackets of a scheme do: the factor of one pair, 0 where they are text.
struct BracketRules {
  double round = 0;
  double square = 0;
  double curly = 0;
  bool numbers = false;        ///< (x:1.3)
  bool own_numbers = false;    ///< A number is the weight whatever stands around it.
  bool closes_at_end = false;  ///< What is still open at the end counts; else it is text.
  bool escapes_all = false;    ///< A backslash before any bracket; else before round ones only.
};

BracketRules bracket_rules(PromptScheme scheme) {
  switch (scheme) {
    case PromptScheme::ComfyUi:
      return {.round = 1.1, .numbers = true, .own_numbers = true};
    case PromptScheme::NovelAi:
      return {.square = 1 / 1.05, .curly = 1.05, .closes_at_end = true};
    default:
      return {.round = 1.1,
              .square = 1 / 1.1,
              .numbers = true,
              .closes_at_end = true,
              .escapes_all = true};
  }
}

/// Texts with weights while brackets are open.
class PartList {
 public:
  struct Part {
    WeightedText part;
    bool fixed = false;  ///< Its weight is a number that brackets around it leave alone.
  };

  void add(std::string_view text) {
    if (parts_.empty() || fresh_) {
      parts_.push_back({});
    }
    parts_.back().part.text += text;
    fresh_ = false;
  }
  /// A place from which weigh() can count.
  std::size_t mark() {
    fresh_ = true;
    return parts_.size();
  }
  void weigh(std::size_t from, double factor, bool fix = false) {
    for (std::size_t i = from; i < parts_.size(); ++i) {
      parts_[i].part.weight *= parts_[i].fixed ? 1 : factor;
      parts_[i].fixed = parts_[i].fixed || fix;
    }
    fresh_ = true;
  }
  void insert(std::size_t at, const std::string& text) {
    parts_.insert(parts_.begin() + static_cast<std::ptrdiff_t>(std::min(at, parts_.size())),
                  Part{{text, 1}, true});
  }

  std::vector<WeightedText> joined() const {
    std::vector<WeightedText> result;
    for (const Part& part : parts_) {
      if (part.part.text.empty()) {
        continue;
      }
      if (!result.empty() && result.back().weight == part.part.weight) {
        result.back().text += part.part.text;
      } else {
        result.push_back(part.part);
      }
    }
    return result;
  }

 private:
  std::vector<Part> parts_;
  bool fresh_ = true;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A decimal number at `position`, which moves behind it.
std::optional<double> take_number(std::string_view text, std::size_t& position) {
  std::size_t end = position;
  if (end < text.size() && (text[end] == '+' || text[end] == '-')) {
    ++end;
  }
  const std::size_t digits = end;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) {
    ++end;
  }
  const auto number =
      end > digits ? parse_number(text.substr(position, end - position)) : std::nullopt;
  if (number) {
    position = end;
  }
  return number;
}

/// The number of ":1.3)" at `position`, which moves behind the bracket.
std::optional<double> take_closing_number(std::string_view text, std::size_t& position) {
  const auto skip_spaces = [&](std::size_t at) {
    while (at < text.size() && is_space(text[at])) {
      ++at;
    }
    return at;
  };
  std::size_t at = skip_spaces(position + 1);
  const auto number = take_number(text, at);
  at = skip_spaces(at);
  if (!number || at >= text.size() || text[at] != ')') {
    return std::nullopt;
  }
  position = at + 1;
  return number;
}

/// Prompts whose brackets weigh what stands between them.
class BracketParser {
 public:
  BracketParser(std::string_view text, const BracketRules& rules) : text_(text), rules_(rules) {}

  std::vector<WeightedText> parse() {
    while (position_ < text_.size()) {
      step();
    }
    close_the_rest();
    return parts_.joined();
  }

 private:
  struct Open {
    char bracket = 0;
    std::size_t mark = 0;
  };

  double factor(char open) const {
    return open == '('   ? rules_.round
           : open == '[' ? rules_.square
           : open == '{' ? rules_.curly
                         : 0;
  }
  static char opening(char close) {
    return close == ')' ? '(' : close == ']' ? '[' : close == '}' ? '{' : '\0';
  }
  bool is_escaped(char next) const {
    const std::string_view brackets = rules_.escapes_all ? "()[]\\" : "()";
    return rules_.round != 0 && brackets.find(next) != std::string_view::npos;
  }

  void step() {
    const char c = text_[position_];
    if (c == '\\' && position_ + 1 < text_.size() && is_escaped(text_[position_ + 1])) {
      parts_.add(text_.substr(position_ + 1, 1));
      position_ += 2;
      return;
    }
    if (c == ':' && rules_.numbers && weighs_by_number()) {
      return;
    }
    if (factor(c) != 0 && open_.size() < kDeepest) {
      open_.push_back({c, parts_.mark()});
    } else if (opening(c) == 0 || !close(opening(c))) {
      parts_.add(text_.substr(position_, 1));
    }
    ++position_;
  }

  /// Ends the innermost open bracket of this kind; false when there is none.
  bool close(char bracket) {
    const auto found = std::find_if(open_.rbegin(), open_.rend(), [bracket](const Open& open) {
      return open.bracket == bracket;
    });
    if (found == open_.rend()) {
      return false;
    }
    parts_.weigh(found->mark, factor(bracket));
    open_.erase(std::next(found).base());
    return true;
  }

  bool weighs_by_number() {
    const auto found = std::find_if(open_.rbegin(), open_.rend(),
                                    [](const Open& open) { return open.bracket == '('; });
    if (found == open_.rend()) {
      return false;
    }
    const auto number = take_closing_number(text_, position_);
    if (!number) {
      return false;
    }
    parts_.weigh(found->mark, *number, rules_.own_numbers);
    open_.erase(std::next(found).base());
    return true;
  }

  void close_the_rest() {
    for (; !open_.empty(); open_.pop_back()) {
      if (rules_.closes_at_end) {
        parts_.weigh(open_.back().mark, factor(open_.back().bracket));
      } else {
        parts_.insert(open_.back().mark, std::string(1, open_.back().bracket));
      }
    }
  }

  std::string_view text_;
  const BracketRules& rules_;
  std::size_t position_ = 0;
  PartList parts_;
  std::vector<Open> open_;
};

/// NovelAI's numbers: "1.3::x::" inside what the brackets leave.
std::vector<WeightedText> take_colon_weights(const std::vector<WeightedText>& parts) {
  std::vector<WeightedText> result;
  double factor = 1;
  for (const WeightedText& part : parts) {
    std::string_view rest = part.text;
    for (std::size_t mark = rest.find("::"); mark != std::string_view::npos;
         mark = rest.find("::")) {
      std::size_t number_begin = mark;
      while (number_begin > 0 && (is_digit(rest[number_begin - 1]) ||
                                  rest[number_begin - 1] == '.' || rest[number_begin - 1] == '-')) {
        --number_begin;
      }
      const auto number = parse_number(rest.substr(number_begin, mark - number_begin));
      result.push_back(
          {std::string(rest.substr(0, number ? number_begin : mark)), part.weight * factor});
      factor = number.value_or(1);
      rest.remove_prefix(mark + 2);
    }
    result.push_back({std::string(rest), part.weight * factor});
  }
  std::erase_if(result, [](const WeightedText& part) { return part.text.empty(); });
  return result;
}

/// Compel's grammar: a word or a bracketed part, followed by signs or a number.
class CompelParser {
 public:
  explicit CompelParser(std::string_view text) : text_(text) {}

  std::vector<WeightedText> parse() {
    while (position_ < text_.size()) {
      step();
    }
    return parts_.joined();
  }

 private:
  void step() {
    const char c = text_[position_];
    if (c == '\\' && position_ + 1 < text_.size()) {
      parts_.add(text_.substr(position_ + 1, 1));
      position_ += 2;
    } else if (c == '(' && open_.size() < kDeepest) {
      open_.push_back(parts_.mark());
      ++position_;
    } else if (c == ')' && !open_.empty()) {
      ++position_;
      parts_.weigh(open_.back(), take_factor(true));
      open_.pop_back();
    } else if (is_space(c) || std::string_view(",()\"").find(c) != std::string_view::npos) {
      parts_.add(text_.substr(position_++, 1));
    } else {
      take_word();
    }
  }

  void take_word() {
    const std::size_t begin = position_;
    while (position_ < text_.size() && !is_space(text_[position_]) &&
           std::string_view(",()\"\\").find(text_[position_]) == std::string_view::npos) {
      ++position_;
    }
    std::size_t end = position_;
    while (end > begin && (text_[end - 1] == '+' || text_[end - 1] == '-') &&
           text_[end - 1] == text_[position_ - 1]) {
      --end;
    }
    const std::size_t mark = parts_.mark();
    if (end == begin) {  // Signs alone are text.
      parts_.add(text_.substr(begin, position_ - begin));
      return;
    }
    parts_.add(text_.substr(begin, end - begin));
    position_ = end;
    parts_.weigh(mark, take_factor(false));
  }

  /// The signs, or where `numbers` the number, that follow.
  double take_factor(bool numbers) {
    double factor = 1;
    const char sign = position_ < text_.size() ? text_[position_] : '\0';
    if (sign == '+' || sign == '-') {
      while (position_ < text_.size() && text_[position_] == sign) {
        factor *= sign == '+' ? 1.1 : 0.9;
        ++position_;
      }
      return factor;
    }
    return numbers ? take_number(text_, position_).value_or(1) : 1;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  PartList parts_;
  std::vector<std::size_t> open_;
};

}  // namespace

std::vector<WeightedText> parse_weighted_prompt(std::string_view prompt, PromptScheme scheme) {
  if (prompt.size() > kLongestPrompt) {
    return {{std::string(prompt), 1}};
  }
  if (scheme == PromptScheme::Compel) {
    return CompelParser(prompt).parse();
  }
  const BracketRules rules = bracket_rules(scheme);
  std::vector<WeightedText> parts = BracketParser(prompt, rules).parse();
  return scheme == PromptScheme::NovelAi ? take_colon_weights(parts) : parts;
}

}  // namespace ptravel
