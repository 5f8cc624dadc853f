#pragma once

#include <vector>

#include "media/plot.h"
#include "travel/walk_log.h"

namespace ptravel {

/// Panels of the losses and of the distances along a travel in mode grad, one value per iteration.
std::vector<PlotPanel> loss_panels(const WalkLog& log);

}  // namespace ptravel
