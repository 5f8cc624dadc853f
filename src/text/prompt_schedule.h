#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// For which pass the positions of a schedule are computed.
struct PromptScheduleOptions {
  /// Planned denoiser calls of the first pass, at least 1.
  int steps = 20;
  /// Planned calls of the second pass, at least 1; set when that pass is meant.
  std::optional<int> hires_steps = std::nullopt;
  /// The web UI's rule before 1.6: a number below 1 is a fraction, any other a step.
  bool old_scheduling = false;
};

/// A text and the last step (counted from 1) for which it is meant.
struct ScheduledText {
  int end_at_step = 0;
  std::string text;  ///< UTF-8; attention brackets and escapes are still in it.
  bool operator==(const ScheduledText&) const = default;
};

/// Expands prompt editing and alternation as the web UI does:
///   [to:when], [from::when], [from:to:when], [a|b|c], nested at will.
/// A `when` with a dot is a fraction of the pass, without one a step; see docs/prompt-grammar.md.
/// Entries ascend in end_at_step, the last one ends at the last step. Brackets that are none of
/// these stay in the text; a prompt that the grammar cannot read (a lone '|', a trailing backslash)
/// is used as it stands for all steps. Time and memory grow with the prompt's length times the
/// entries. Throws InvalidArgument when a number of steps is below 1.
std::vector<ScheduledText> parse_prompt_schedule(std::string_view prompt,
                                                 const PromptScheduleOptions& options = {});

}  // namespace ptravel
