#pragma once

#include <cstdint>
#include <vector>

namespace ptravel {

/// The timesteps of DDIM, PLMS and UniPC, ascending: every (kTrainingTimesteps / num_steps)th, plus
/// one. Can hold more than num_steps values. Throws InvalidArgument unless 1 <= num_steps <=
/// kTrainingTimesteps.
std::vector<std::int64_t> make_timesteps(int num_steps);

/// How image-to-image shortens a run.
struct Img2ImgSteps {
  int schedule_steps = 0;  ///< Steps the schedule is made for.
  int t_enc = 0;  ///< Of those, t_enc + 1 are run (timestep samplers: t_enc timesteps are used).
};

/// `num_steps` steps at denoising strength 0 to 1. Normally the fraction `strength` of the steps
/// is run; with `fix_steps` the schedule is lengthened so that num_steps steps are run. At
/// strength 0 with `fix_steps` the schedule has 0 steps: nothing is to be done.
Img2ImgSteps img2img_steps(int num_steps, double strength, bool fix_steps);

}  // namespace ptravel
