#pragma once

#include <algorithm>
#include <cstdint>

#include "media/plot_canvas.h"
#include "tests/media/media_testing.h"

namespace ptravel {

using media_testing::Pixel;

inline constexpr Pixel kWhite{255, 255, 255};

inline Pixel pixel_at(const Image& image, int x, int y) {
  const std::uint8_t* const pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

inline Image white(int width, int height) {
  Image image(width, height);
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{255});
  return image;
}

/// The box around everything that is not white.
inline Box inked(const Image& image) {
  Box box{image.width, image.height, 0, 0};
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (pixel_at(image, x, y) != kWhite) {
        box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1),
               std::max(box.bottom, y + 1)};
      }
    }
  }
  return box;
}

}  // namespace ptravel
