#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ptravel/motion_report.h"

namespace ptravel {

/// Expects finite distances of at least 0.
Evenness evenness_of(std::span<const double> distances);

/// The steps (i: from frame i to i + 1) whose distance is above `times` x the median.
std::vector<std::size_t> steps_above(std::span<const double> distances, double times);

}  // namespace ptravel
