#pragma once

#include "sdapi/state.h"

namespace ptravel {

/// Loads the settings' model when its turn in the queue comes; waits for it. Throws what loading
/// throws.
void load_sd_model(SdState& state, const SdSettings& settings);

}  // namespace ptravel
