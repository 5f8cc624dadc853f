#pragma once

#include <array>

namespace ptravel {

/// L*, a*, b*; L* from 0 (black) to 100 (white).
using Lab = std::array<double, 3>;

/// Which digits of the matrix from linear sRGB to XYZ are used: readers of measures want the very
/// numbers of the tools that they compare with.
enum class LabMatrix {
  Seven,  ///< 0.4124564 ...: seven digits.
  Six,    ///< 0.412453 ...: six, as scikit-image and OpenCV have them.
};

/// sRGB's light from its value, both from 0 to 1 (IEC 61966-2-1).
double linear_light(double srgb);

/// CIE L*a*b* under D65 (CIE 15) of linear red, green, blue from 0 to 1.
Lab lab_of_linear(double red, double green, double blue, LabMatrix matrix);

}  // namespace ptravel
