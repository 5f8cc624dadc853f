#pragma once

#include <vector>

#include "postprocess/interpolator.h"
#include "ptravel/image.h"

namespace ptravel {

/// What lies between two neighbours of a film.
enum class GapKind {
  Still,   ///< They are equal.
  Cut,     ///< They have nothing in common, so that nothing can be between them.
  Motion,  ///< One becomes the other.
};

/// By the structural similarity of both at 32x32: a cut is below 0.2, as Practical-RIFE has it.
/// Throws InvalidArgument for pictures of different sizes.
GapKind gap_between(const Image& first, const Image& second);

/// `count` pictures that belong between two neighbours. Those of a still repeat it; at a cut the
/// first half repeats the first picture, the others the second one; else the interpolator finds
/// them.
std::vector<Image> fill_gap(GapKind kind,
                            const Image& first,
                            const Image& second,
                            int count,
                            const Interpolator& interpolator);

}  // namespace ptravel
