#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "judge.h"
#include "painter.h"
#include "tally.h"

namespace ptravel::train {

/// The seed of the first picture of each measurement; the others follow.
inline constexpr std::uint64_t kFirstSeed = 1000;

/// What was drawn for random prompts that tell everything.
struct PromptScore {
  Tally tally;
  std::vector<std::string> prompts;
  std::vector<Image> pictures;
};
PromptScore score_prompts(const Painter& painter,
                          const Judge& judge,
                          std::int64_t count,
                          std::string_view negative);

/// Draws `count` random prompts with "blurry" behind them, and with it as the negative prompt, from
/// the same seeds: how often the first picture has the smaller variance of the Laplacian.
Share score_blur(const Painter& painter, std::int64_t count);

/// What the in-betweens of travels keep. A travel joins two prompts that differ in one attribute;
/// an in-between keeps another one when it shows what both prompts ask for, or what the first or
/// the last frame shows.
struct TravelScore {
  std::array<Share, kAttributes> kept;  ///< Of each attribute.
  Share each;                           ///< Of all in-betweens and attributes.
  Share as_asked;    ///< The same where only what both prompts ask for counts as kept.
  Share main;        ///< In-betweens that keep hair colour, background, subject and hair style.
  Share everything;  ///< In-betweens that keep all attributes.
};
TravelScore score_travels(const Painter& painter,
                          const Judge& judge,
                          std::int64_t count,
                          std::string_view negative);

/// The two prompts of the first `count` travels that score_travels draws, as lines "from | to".
std::string travel_prompts(std::int64_t count);

/// The same of finished films: run folders below those of `folder` whose names begin with a
/// travel's number ("07-Euler_a/prompt_travel/00000"), drawn with that travel's prompts. Throws
/// NotFound where there is no film, and what reading pictures throws.
TravelScore score_films(const Judge& judge, const std::filesystem::path& folder);

/// The variance of the 4-neighbour Laplacian of the luminance (0..255): small for a blurred
/// picture.
double laplacian_variance(const Image& picture);

}  // namespace ptravel::train
