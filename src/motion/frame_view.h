#pragma once

#include <vector>

#include "motion/plane.h"
#include "ptravel/image.h"

namespace ptravel {

/// A frame as the measures of a film see it: CIE L*a*b* of all pixels, and its lightness on three
/// scales with local means and mean squares, so that each frame is prepared once and not for each
/// neighbour. About 130 bytes a pixel.
struct FrameView {
  explicit FrameView(const Image& image);

  /// Lightness (0 to 100) on one scale.
  struct Scale {
    Plane lightness;
    Plane mean;    ///< Gaussian of sigma 1.5.
    Plane square;  ///< The same of the squares.
  };

  int width = 0;
  int height = 0;
  std::vector<float> lab;     ///< L, a, b of each pixel.
  std::vector<Scale> scales;  ///< Full size, half, quarter, as far as there are pixels.
};

/// Distance in colour, place by place: the root mean square over pixels of the Euclidean distance
/// in L*a*b*. 0 for equal frames, 100 from black to white. Throws InvalidArgument for frames of
/// different sizes.
double colour_distance(const FrameView& one, const FrameView& other);

/// Distance in structure: 1 - the mean over the scales of SSIM of the lightness (Gaussian of sigma
/// 1.5, constants 1 and 9 for values to 100). 0 for equal frames, at most 2. Throws as
/// colour_distance.
double structure_distance(const FrameView& one, const FrameView& other);

}  // namespace ptravel
