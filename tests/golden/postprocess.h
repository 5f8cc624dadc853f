#pragma once

#include "tests/support/golden.h"

namespace ptravel::golden {

/// The upscalers of motion/upscale.json, each with its weights.
void check_upscale(const Context& context, Report& report);

}  // namespace ptravel::golden
