#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// The most frames that a film may have: a day of video, far beyond what anybody draws.
inline constexpr std::int64_t kMostFrames = 1'000'000;

/// A line that stands for a stage with an empty prompt; a blank line is no stage.
inline constexpr std::string_view kEmptyStage = "\"\"";

/// What a prompt of one line means.
enum class SingleStage {
  Keep,    ///< One stage, one frame, no travel.
  Double,  ///< The line counts twice: a travel that ends where it starts.
  Refuse,  ///< An error.
};

/// The stages of a travel and the frames between them.
struct StagePlan {
  std::vector<std::string> prompts;
  std::vector<std::string> negative_prompts;  ///< As many as prompts.
  std::vector<std::int64_t> steps;            ///< Travel steps from stage i to i + 1; one fewer.
  bool loops = false;  ///< The last stage is the first one again and gets no frame of its own.

  std::int64_t stage_count() const { return static_cast<std::int64_t>(prompts.size()); }
};

/// What else decides how many stages there are.
struct StageRules {
  SingleStage single = SingleStage::Keep;
  std::size_t least = 1;  ///< Stages that lists of seeds or parameters ask for.
  bool loop = false;      ///< Add a way from the last stage back to the first.
};

/// A prompt's stages: its lines without comments and white space around, blank ones left out,
/// kEmptyStage as an empty one.
std::vector<std::string> prompt_lines(std::string_view prompt);

/// Reads "30" or "10,20" as the first version does: Python integers between commas. Throws
/// Error(InvalidArgument) for anything else.
std::vector<std::int64_t> parse_travel_steps(std::string_view text);

/// Splits both prompts into lines (without comments and white space around; blank ones are
/// dropped, kEmptyStage is an empty stage), extends the shorter list by its
/// last line (an empty negative prompt is one empty line) and both to `rules.least` stages, and
/// gives every gap its number of steps: one number serves all gaps. Throws Error(InvalidArgument)
/// when the prompt is empty or the number of steps fits neither.
StagePlan plan_stages(std::string_view prompt,
                      std::string_view negative_prompt,
                      std::string_view travel_steps,
                      const StageRules& rules);

}  // namespace ptravel
