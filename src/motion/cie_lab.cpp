// CIE L*a*b* of sRGB pictures under D65 (IEC 61966-2-1, CIE 15).

#include "motion/cie_lab.h"

#include <cmath>

namespace ptravel {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

constexpr Matrix kSeven = {{{0.4124564, 0.3575761, 0.1804375},
                            {0.2126729, 0.7151522, 0.0721750},
                            {0.0193339, 0.1191920, 0.9503041}}};
constexpr Matrix kSix = {{{0.412453, 0.357580, 0.180423},
                          {0.212671, 0.715160, 0.072169},
                          {0.019334, 0.119193, 0.950227}}};

double lab_curve(double t) {
  constexpr double kEpsilon = 216.0 / 24389.0;
  constexpr double kKappa = 24389.0 / 27.0;
  return t > kEpsilon ? std::cbrt(t) : (kKappa * t + 16) / 116;
}

}  // namespace

double linear_light(double srgb) {
  return srgb <= 0.04045 ? srgb / 12.92 : std::pow((srgb + 0.055) / 1.055, 2.4);
}

Lab lab_of_linear(double red, double green, double blue, LabMatrix matrix) {
  const Matrix& rows = matrix == LabMatrix::Seven ? kSeven : kSix;
  const auto tristimulus = [&](std::size_t i) {
    return rows[i][0] * red + rows[i][1] * green + rows[i][2] * blue;
  };
  const double x = lab_curve(tristimulus(0) / 0.95047);
  const double y = lab_curve(tristimulus(1));
  const double z = lab_curve(tristimulus(2) / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

}  // namespace ptravel
