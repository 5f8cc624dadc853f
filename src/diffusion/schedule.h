#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "diffusion/sigma_table.h"
#include "ptravel/sampling.h"

namespace ptravel {

/// Noise levels from the first step to the last, falling, usually ending in 0: n + 1 values for n
/// steps. The values are floats in double variables.
using Sigmas = std::vector<double>;

/// Makes the sigmas of one schedule for `num_steps` steps (at least 1): a name of
/// schedule_infos() other than "automatic". Almost all give num_steps + 1 values; "ddim" gives
/// more where num_steps does not divide the training steps, and "kl_optimal" ends above 0, as in
/// the web UI. Throws InvalidArgument for an unknown name, a wrong number of steps or options out
/// of range.
Sigmas make_schedule(std::string_view name, const SigmaTable& table, int num_steps,
                     const ScheduleOptions& options = {});

/// Karras et al., 2022, equation 5: evenly spaced in sigma^(1/rho), then 0. In double precision,
/// unlike the schedule of that name.
Sigmas karras_sigmas(int num_steps, double sigma_min, double sigma_max, double rho = 7);

/// Without the last value above 0: what "discard penultimate sigma" does to a schedule made for
/// one step more.
Sigmas without_penultimate(Sigmas sigmas);

/// The timesteps of DDIM, PLMS and UniPC, ascending: every (1000 / num_steps)th, plus one. Can
/// hold more than num_steps values. Throws InvalidArgument unless 1 <= num_steps <= 1000.
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
