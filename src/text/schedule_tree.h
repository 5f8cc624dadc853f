#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// One piece of a parsed prompt. Nodes lie in a flat list and refer to each other by index, so that
/// no depth of nesting needs the call stack.
struct ScheduleNode {
  enum class Kind {
    Text,         ///< `text` as it is.
    Brackets,     ///< Fields in brackets, kept with brackets and colons.
    Schedule,     ///< One or two fields (before, after) and `when`.
    Alternation,  ///< Fields taken in turn.
  };
  /// Nodes side by side.
  using Field = std::vector<std::size_t>;

  Kind kind = Kind::Text;
  std::u32string_view text;  ///< Text, or the opening bracket of Brackets.
  std::vector<Field> fields;
  std::u32string_view number;  ///< Schedule: the digits as written.
};

/// A prompt as the grammar of prompt editing sees it. Views point into the parsed text.
struct ScheduleTree {
  std::vector<ScheduleNode> nodes;
  ScheduleNode::Field root;
};

/// Parses the grammar
///   prompt     := ( brackets | schedule | alternation | text )*
///   brackets   := "(" prompt [":" prompt] ")" | "[" prompt "]"
///   schedule   := "[" [prompt ":"] prompt ":" number "]"
///   alternation := "[" prompt ("|" prompt)+ "]"
/// with stray brackets and colons as text outside of all groups. Nothing when the text does not
/// fit: a '|' outside of an alternation, or a backslash before a line feed or the end. Linear in
/// time.
std::optional<ScheduleTree> parse_schedule_tree(std::u32string_view prompt);

}  // namespace ptravel
