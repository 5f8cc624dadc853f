#include "schedule/timesteps.h"

#include <algorithm>
#include <string>

#include "ptravel/error.h"
#include "schedule/sigma_table.h"

namespace ptravel {

std::vector<std::int64_t> make_timesteps(int num_steps) {
  if (num_steps < 1 || num_steps > kTrainingTimesteps) {
    throw Error(ErrorCode::InvalidArgument, "[timesteps] steps: expected 1 to " +
                                                std::to_string(kTrainingTimesteps) + ", got " +
                                                std::to_string(num_steps));
  }
  std::vector<std::int64_t> timesteps;
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

}  // namespace ptravel
