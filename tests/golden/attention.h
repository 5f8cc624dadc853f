#pragma once

#include "tests/support/golden.h"

namespace ptravel::golden {

/// The interpolations of motion/attention.json.
void check_attention(const Context& context, Report& report);

}  // namespace ptravel::golden
