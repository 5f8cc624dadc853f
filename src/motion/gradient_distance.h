#pragma once

#include "ptravel/image.h"

namespace ptravel {

/// How far two pictures of one size are apart in structure: luma (0.299, 0.587, 0.114; from 0 to 1)
/// averaged by 2, 4 and 8; on each scale the mean absolute difference of forward differences,
/// vertical plus horizontal; the mean of the three. Scales on which a side is below 2 count as 0.
/// Throws InvalidArgument for pictures of different sizes.
double gradient_distance(const Image& one, const Image& other);

}  // namespace ptravel
