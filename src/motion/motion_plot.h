#pragma once

#include <vector>

#include "media/plot.h"
#include "ptravel/motion_report.h"

namespace ptravel {

/// A panel for each distance: every step at the frame that it leads to, and the bound above which
/// one is a jump.
std::vector<PlotPanel> motion_panels(const MotionReport& report);

}  // namespace ptravel
