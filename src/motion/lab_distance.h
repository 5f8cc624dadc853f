#pragma once

#include <vector>

#include "ptravel/image.h"

namespace ptravel {

/// A picture as lab_distance sees it: about 64 pixels on its short side, CIE L*a*b* (D65, sRGB).
struct LabPicture {
  int width = 0;
  int height = 0;
  std::vector<double> values;  ///< L, a, b of each pixel, rows from top to bottom.
};

/// Averages blocks of f x f pixels, f = max(1, short side / 64) rounded down, then converts. What
/// is left over at the right and lower edge is cut off.
LabPicture to_lab(const Image& image);

/// How far two pictures of one size are apart in colour and layout: the mean Euclidean distance of
/// their pixels in L*a*b*. 0 for equal pictures, about 100 from black to white. Throws
/// InvalidArgument for pictures of different sizes.
double lab_distance(const LabPicture& one, const LabPicture& other);

}  // namespace ptravel
