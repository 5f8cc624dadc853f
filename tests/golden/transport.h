#pragma once

#include "tests/support/golden.h"

namespace ptravel::golden {

/// The matchings of motion/transport.json.
void check_transport(const Context& context, Report& report);

}  // namespace ptravel::golden
