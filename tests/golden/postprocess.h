#pragma once

#include "tests/support/golden.h"

namespace ptravel::golden {

/// The upscalers of motion/upscale.json, each with its weights.
void check_upscale(const Context& context, Report& report);

/// The interpolators of motion/rife.json: pictures and flows.
void check_rife(const Context& context, Report& report);

/// The FILM network of motion/film.json.
void check_film(const Context& context, Report& report);

/// The known motions of motion/flow.json.
void check_flow(const Context& context, Report& report);

}  // namespace ptravel::golden
