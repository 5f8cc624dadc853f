#pragma once

#include <string_view>
#include <vector>

#include "ptravel/sampling.h"
#include "schedule/sigma_table.h"

namespace ptravel {

/// Noise levels from the first step to the last, falling, usually ending in 0: n + 1 values for n
/// steps. The values are floats in double variables.
using Sigmas = std::vector<double>;

/// Makes the sigmas of one schedule for `num_steps` steps (at least 1): a name of
/// schedule_infos() other than "automatic". Almost all give num_steps + 1 values; "ddim" gives
/// more where num_steps does not divide the training steps, and "kl_optimal" ends above 0, as in
/// the web UI. Throws InvalidArgument for an unknown name, a wrong number of steps or options out
/// of range.
Sigmas make_schedule(std::string_view name,
                     const SigmaTable& table,
                     int num_steps,
                     const ScheduleOptions& options = {});

/// Karras et al., 2022, equation 5: evenly spaced in sigma^(1/rho), then 0. In double precision,
/// unlike the schedule of that name.
Sigmas karras_sigmas(int num_steps, double sigma_min, double sigma_max, double rho = 7);

/// Without the last value above 0: what "discard penultimate sigma" does to a schedule made for
/// one step more.
Sigmas without_penultimate(Sigmas sigmas);

}  // namespace ptravel
