#include "motion/gradient_distance.h"

#include <cmath>

#include "motion/plane.h"

namespace ptravel {
namespace {

Plane luma(const Image& image) {
  Plane plane(image.width, image.height);
  for (std::size_t i = 0; i < plane.values.size(); ++i) {
    const std::uint8_t* pixel = image.pixels.data() + 3 * i;
    plane.values[i] = (0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]) / 255;
  }
  return plane;
}

/// Of a - b, because differences of differences are differences of the difference.
double mean_forward_differences(const Plane& plane) {
  if (plane.width < 2 || plane.height < 2) {
    return 0;
  }
  double down = 0;
  double right = 0;
  for (int y = 0; y < plane.height; ++y) {
    const double* row = plane.row(y);
    for (int x = 0; x < plane.width; ++x) {
      down += y + 1 < plane.height ? std::abs(row[x + plane.width] - row[x]) : 0;
      right += x + 1 < plane.width ? std::abs(row[x + 1] - row[x]) : 0;
    }
  }
  return down / ((plane.height - 1.0) * plane.width) + right / ((plane.width - 1.0) * plane.height);
}

}  // namespace

double gradient_distance(const Image& one, const Image& other) {
  require_same_size("gradient distance", one.width, one.height, other.width, other.height);
  Plane difference = luma(one);
  const Plane subtracted = luma(other);
  for (std::size_t i = 0; i < difference.values.size(); ++i) {
    difference.values[i] -= subtracted.values[i];
  }
  double sum = 0;
  for (const int factor : {2, 4, 8}) {
    sum += mean_forward_differences(block_means(difference, factor));
  }
  return sum / 3;
}

}  // namespace ptravel
