#include "schedule/timesteps.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "ptravel/error.h"
#include "schedule/sigma_table.h"

namespace ptravel {

namespace {

/// The i-th of num_steps from the last one down.
std::int64_t trailing_timestep(int i, int num_steps) {
  const double stride = static_cast<double>(kTrainingTimesteps) / num_steps;
  return std::lrint(static_cast<double>(kTrainingTimesteps) - i * stride) - 1;
}

std::int64_t distilled_timestep(int i, int num_steps) {
  constexpr std::int64_t kSkip = kTrainingTimesteps / kDistilledTimesteps;
  const double stride = static_cast<double>(kDistilledTimesteps) / num_steps;
  return kSkip * (kDistilledTimesteps - static_cast<std::int64_t>(i * stride)) - 1;
}

}  // namespace

Spacing spacing_of(std::string_view schedule) {
  return schedule == "trailing"    ? Spacing::Trailing
         : schedule == "distilled" ? Spacing::Distilled
                                   : Spacing::Leading;
}

int most_steps(Spacing spacing) {
  return static_cast<int>(spacing == Spacing::Distilled ? kDistilledTimesteps : kTrainingTimesteps);
}

std::vector<std::int64_t> make_timesteps(int num_steps, Spacing spacing) {
  if (num_steps < 1 || num_steps > most_steps(spacing)) {
    throw Error(ErrorCode::InvalidArgument, "[timesteps] steps: expected 1 to " +
                                                std::to_string(most_steps(spacing)) + ", got " +
                                                std::to_string(num_steps));
  }
  std::vector<std::int64_t> timesteps;
  if (spacing != Spacing::Leading) {
    timesteps.push_back(0);
    for (int i = num_steps - 1; i >= 0; --i) {
      timesteps.push_back(spacing == Spacing::Trailing ? trailing_timestep(i, num_steps)
                                                       : distilled_timestep(i, num_steps));
    }
    return timesteps;
  }
  for (std::int64_t t = 0; t < kTrainingTimesteps; t += kTrainingTimesteps / num_steps) {
    timesteps.push_back(std::min(t + 1, kTrainingTimesteps - 1));
  }
  return timesteps;
}

Img2ImgSteps img2img_steps(int num_steps, double strength, bool fix_steps) {
  if (num_steps < 1 || !(strength >= 0 && strength <= 1)) {
    throw Error(ErrorCode::InvalidArgument,
                "[img2img] expected at least 1 step and a denoising strength of 0 to 1, got " +
                    std::to_string(num_steps) + " and " + std::to_string(strength));
  }
  const double limited = std::min(strength, 0.999);
  if (!fix_steps) {
    return {num_steps, static_cast<int>(limited * num_steps)};
  }
  const double lengthened = limited > 0 ? num_steps / limited : 0;
  constexpr double kMost = 1e6;
  if (lengthened > kMost) {
    throw Error(ErrorCode::InvalidArgument,
                "[img2img] denoising strength: too small for a fixed number of steps, got " +
                    std::to_string(strength));
  }
  return {static_cast<int>(lengthened), num_steps - 1};
}

Img2ImgTimesteps img2img_timesteps(const Img2ImgSteps& steps, Spacing spacing) {
  Img2ImgTimesteps result{make_timesteps(steps.schedule_steps, spacing), 0};
  const int start = spacing == Spacing::Leading ? steps.t_enc : steps.t_enc + 1;
  result.start = result.used.at(start);
  result.used.resize(spacing == Spacing::Leading ? start : start + 1);
  return result;
}

}  // namespace ptravel
