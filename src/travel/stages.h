#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

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
  std::vector<std::int64_t> steps;            ///< Frames between stage i and i + 1; one fewer.

  /// Stages plus in-between frames: n + sum of steps.
  std::int64_t frame_count() const;
};

/// A frame's place on the way: between stage `stage` and `stage` + 1 at `alpha` in [0, 1); alpha 0
/// is the stage itself.
struct FramePlace {
  std::int64_t stage = 0;
  double alpha = 0;
  bool operator==(const FramePlace&) const = default;
};

/// Reads "30" or "10,20" as the first version does: Python integers between commas. Throws
/// Error(InvalidArgument) for anything else.
std::vector<std::int64_t> parse_travel_steps(std::string_view text);

/// Splits both prompts into lines (trimmed, empty ones dropped), extends the shorter list by its
/// last line (an empty negative prompt is one empty line) and gives every gap its number of frames:
/// one number serves all gaps. Throws Error(InvalidArgument) when the prompt is empty or the number
/// of steps fits neither.
StagePlan plan_stages(std::string_view prompt,
                      std::string_view negative_prompt,
                      std::string_view travel_steps,
                      SingleStage single);

/// The places of all frames in film order: each stage, then its in-betweens at alpha = t / (s + 1).
std::vector<FramePlace> frame_places(const StagePlan& plan);

}  // namespace ptravel
