#pragma once

#include <cmath>
#include <cstdint>

#include "ptravel/image.h"

namespace ptravel {

/// A picture with structure everywhere, moved by (dx, dy) pixels.
inline Image textured(int width, int height, double dx = 0, double dy = 0) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = x - dx, v = y - dy;
      for (int c = 0; c < 3; ++c) {
        const double value = std::sin(0.31 * u + 0.17 * v + c) + std::sin(0.13 * u - 0.29 * v) +
                             std::sin(0.07 * u * std::sin(0.05 * v) + 0.4 * c);
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(127.5 + 40 * value);
      }
    }
  }
  return image;
}

/// Mean distance of the pixels that are at least `border` from the edges.
inline double mean_distance(const Image& one, const Image& other, int border = 0) {
  double sum = 0;
  int count = 0;
  for (int y = border; y < one.height - border; ++y) {
    for (int i = 3 * border; i < 3 * (one.width - border); ++i) {
      sum += std::abs(one.row(y)[i] - other.row(y)[i]);
      ++count;
    }
  }
  return sum / count;
}

}  // namespace ptravel
