#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// One side of an AND: which text, and how strongly it counts in the guidance.
struct CompositionPart {
  std::size_t text_index = 0;  ///< Into PromptComposition::texts.
  double weight = 1.0;         ///< May be zero or negative.
  bool operator==(const CompositionPart&) const = default;
};

/// A positive prompt split at AND. Equal texts are stored once.
struct PromptComposition {
  std::vector<std::string> texts;
  std::vector<CompositionPart> parts;  ///< At least one.
};

/// Splits a prompt at the separate word AND (capitals; "a_AND_b" is text). A part may end in
/// ":" number, its weight. White space is kept before a text and dropped after it. Negative prompts
/// are not split: there AND is an ordinary word. Never fails.
PromptComposition parse_prompt_composition(std::string_view prompt);

}  // namespace ptravel
