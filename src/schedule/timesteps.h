#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ptravel {

/// Which timesteps a run of few steps takes.
enum class Spacing {
  Leading,    ///< Every (kTrainingTimesteps / num_steps)th, plus one, as the web UI has it.
  Trailing,   ///< From the last one down in equal strides (Lin et al., 2023, section 3.3).
  Distilled,  ///< Of the kDistilledTimesteps ones, from the last one down (Luo et al., 2023).
};

/// How timesteps are spaced by a schedule, as schedule_in_use names it for a sampler on timesteps.
Spacing spacing_of(std::string_view schedule);

/// The most steps that timesteps can be spaced for.
int most_steps(Spacing spacing);

/// Timesteps, ascending. Leading: what DDIM, PLMS and UniPC go through, which can be more than
/// num_steps values. The others: num_steps values, with 0 before them, where they end. Throws
/// InvalidArgument unless 1 <= num_steps <= most_steps.
std::vector<std::int64_t> make_timesteps(int num_steps, Spacing spacing = Spacing::Leading);

/// How image-to-image shortens a run.
struct Img2ImgSteps {
  int schedule_steps = 0;  ///< Steps the schedule is made for.
  int t_enc = 0;  ///< Of those, t_enc + 1 are run (timestep samplers: t_enc timesteps are used).
};

/// The timesteps of image-to-image.
struct Img2ImgTimesteps {
  std::vector<std::int64_t> used;  ///< Ascending, as make_timesteps.
  std::int64_t start = 0;          ///< The one whose noise the picture gets.
};

/// Of make_timesteps the first ones. Leading: t_enc of them, and the noise of the one behind, as
/// the web UI has it; the others: as many as t_enc + 1 steps take, and the noise of the last.
/// `steps`: of img2img_steps, with schedule_steps above 0. Throws as make_timesteps.
Img2ImgTimesteps img2img_timesteps(const Img2ImgSteps& steps, Spacing spacing);

/// `num_steps` steps at denoising strength 0 to 1. Normally the fraction `strength` of the steps
/// is run; with `fix_steps` the schedule is lengthened so that num_steps steps are run. At
/// strength 0 with `fix_steps` the schedule has 0 steps: nothing is to be done.
Img2ImgSteps img2img_steps(int num_steps, double strength, bool fix_steps);

}  // namespace ptravel
