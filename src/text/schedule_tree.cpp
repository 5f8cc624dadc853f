#include "text/schedule_tree.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "text/unicode.h"

namespace ptravel {
namespace {

using Field = ScheduleNode::Field;
using Kind = ScheduleNode::Kind;

constexpr std::u32string_view kSpecial = U"\\[]():|";

bool is_ascii_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

std::size_t skip_digits(std::u32string_view text, std::size_t position) {
  while (position < text.size() && is_ascii_digit(text[position])) {
    ++position;
  }
  return position;
}

std::u32string_view trimmed(std::u32string_view text) {
  while (!text.empty() && is_white_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_white_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// [+-] digits [. digits] [e [+-] digits], with digits on at least one side of the dot.
bool is_number(std::u32string_view text) {
  const auto skip_sign = [text](std::size_t at) {
    return at < text.size() && (text[at] == U'+' || text[at] == U'-') ? at + 1 : at;
  };
  const std::size_t begin = skip_sign(0);
  std::size_t end = skip_digits(text, begin);
  std::size_t digits = end - begin;
  if (end < text.size() && text[end] == U'.') {
    const std::size_t fraction = end + 1;
    end = skip_digits(text, fraction);
    digits += end - fraction;
  }
  if (digits == 0) {
    return false;
  }
  if (end < text.size() && (text[end] == U'e' || text[end] == U'E')) {
    const std::size_t exponent = skip_sign(end + 1);
    end = skip_digits(text, exponent);
    if (end == exponent) {
      return false;
    }
  }
  return end == text.size();
}

/// Reads the text once. Open groups lie on a stack; a closing bracket either makes the innermost
/// one a node or shows that no open group can be one, and then all of them become plain text.
class TreeParser {
 public:
  explicit TreeParser(std::u32string_view prompt) : prompt_(prompt) {}

  std::optional<ScheduleTree> parse() {
    while (position_ < prompt_.size()) {
      if (!read_piece()) {
        return std::nullopt;
      }
    }
    if (!spill()) {
      return std::nullopt;
    }
    return std::move(tree_);
  }

 private:
  struct Group {
    std::u32string_view open;
    std::vector<Field> fields{1};
    std::size_t colons = 0;
    std::size_t bars = 0;
  };

  bool read_piece() {
    const char32_t c = prompt_[position_];
    const std::u32string_view character = prompt_.substr(position_, 1);
    if (c == U'[' || c == U'(') {
      groups_.push_back({character});
    } else if (c == U']' || c == U')') {
      ++position_;
      return close(character);
    } else if (c == U':' || c == U'|') {
      ++position_;
      return separate(character);
    } else {
      return read_text();
    }
    ++position_;
    return true;
  }

  /// A run of ordinary characters and escapes.
  bool read_text() {
    const std::size_t begin = position_;
    while (position_ < prompt_.size()) {
      const bool escape = prompt_[position_] == U'\\';
      if (escape && (position_ + 1 == prompt_.size() || prompt_[position_ + 1] == U'\n')) {
        return false;
      }
      if (!escape && kSpecial.find(prompt_[position_]) != std::u32string_view::npos) {
        break;
      }
      position_ += escape ? 2 : 1;
    }
    append_text(prompt_.substr(begin, position_ - begin));
    return true;
  }

  bool separate(std::u32string_view character) {
    if (groups_.empty()) {
      append_text(character);
      return character[0] != U'|';
    }
    Group& group = groups_.back();
    (character[0] == U'|' ? group.bars : group.colons) += 1;
    group.fields.emplace_back();
    return true;
  }

  bool close(std::u32string_view character) {
    const char32_t open = character[0] == U']' ? U'[' : U'(';
    if (!groups_.empty() && groups_.back().open[0] == open) {
      if (std::optional<ScheduleNode> node = make_node(groups_.back())) {
        groups_.pop_back();
        append(*std::move(node));
        return true;
      }
    }
    if (!spill()) {
      return false;
    }
    append_text(character);
    return true;
  }

  /// The node that a closed group makes, or nothing; the group's fields move into it.
  std::optional<ScheduleNode> make_node(Group& group) {
    const bool round = group.open[0] == U'(';
    ScheduleNode node;
    node.text = group.open;
    if (group.bars == 0 && group.colons <= (round ? 1u : 0u)) {
      node.kind = Kind::Brackets;
    } else if (!round && group.bars > 0 && group.colons == 0) {
      node.kind = Kind::Alternation;
    } else if (!round && group.bars == 0 && group.colons <= 2 && ends_in_number(group)) {
      node.kind = Kind::Schedule;
      node.number = trimmed(tree_.nodes[group.fields.back().front()].text);
      group.fields.pop_back();
    } else {
      return std::nullopt;
    }
    node.fields = std::move(group.fields);
    return node;
  }

  bool ends_in_number(const Group& group) const {
    const Field& last = group.fields.back();
    return last.size() == 1 && tree_.nodes[last.front()].kind == Kind::Text &&
           is_number(trimmed(tree_.nodes[last.front()].text));
  }

  /// Turns all open groups into text at the top level. False when one holds a '|'.
  bool spill() {
    for (Group& group : std::exchange(groups_, {})) {
      if (group.bars > 0) {
        return false;
      }
      append_text(group.open);
      for (std::size_t i = 0; i < group.fields.size(); ++i) {
        if (i > 0) {
          append_text(U":");
        }
        std::ranges::copy(group.fields[i], std::back_inserter(tree_.root));
      }
    }
    return true;
  }

  void append_text(std::u32string_view text) {
    ScheduleNode node;
    node.text = text;
    append(std::move(node));
  }

  void append(ScheduleNode node) {
    Field& field = groups_.empty() ? tree_.root : groups_.back().fields.back();
    field.push_back(tree_.nodes.size());
    tree_.nodes.push_back(std::move(node));
  }

  std::u32string_view prompt_;
  std::size_t position_ = 0;
  std::vector<Group> groups_;
  ScheduleTree tree_;
};

}  // namespace

std::optional<ScheduleTree> parse_schedule_tree(std::u32string_view prompt) {
  return TreeParser(prompt).parse();
}

}  // namespace ptravel
