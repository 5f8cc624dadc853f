#pragma once

#include "ptravel/image.h"

namespace ptravel {

/// A picture whose numbers any tool can make: red 7x + 31k, green 5y + kx, blue xy + 97k, each
/// modulo 256.
inline Image stripes(int width, int height, int k) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.row(y) + 3 * static_cast<std::ptrdiff_t>(x);
      pixel[0] = static_cast<std::uint8_t>(7 * x + 31 * k);
      pixel[1] = static_cast<std::uint8_t>(5 * y + k * x);
      pixel[2] = static_cast<std::uint8_t>(x * y + 97 * k);
    }
  }
  return image;
}

/// A picture of one grey.
inline Image grey(int width, int height, std::uint8_t value) {
  Image image(width, height);
  image.pixels.assign(image.pixels.size(), value);
  return image;
}

}  // namespace ptravel
