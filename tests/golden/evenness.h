#pragma once

#include "tests/support/golden.h"

namespace ptravel::golden {

/// How alike pictures are (motion/measures.json), and what makes films even (motion/retime.json).
void check_evenness(const Context& context, Report& report);

}  // namespace ptravel::golden
