#pragma once

#include <vector>

#include "ptravel/image.h"

namespace ptravel {

/// Pictures of one size side by side on black, in as many rows as the web UI takes by itself: the
/// rounded root of their number. `pictures` must not be empty.
Image sd_grid(const std::vector<const Image*>& pictures);

}  // namespace ptravel
