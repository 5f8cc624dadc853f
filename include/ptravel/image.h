#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ptravel {

/// An 8-bit RGB picture: rows from top to bottom, three interleaved channels, no padding.
/// `pixels.size() == 3 * width * height`. A plain value; copies are deep.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  Image() = default;
  /// A black picture. Both sides must be at least 1.
  Image(int width_in, int height_in)
      : width(width_in),
        height(height_in),
        pixels(static_cast<std::size_t>(width_in) * static_cast<std::size_t>(height_in) * 3) {}

  /// The first byte of row `y`, 0 <= y < height.
  std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * width * 3; }
  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * width * 3;
  }
  bool operator==(const Image&) const = default;
};

/// How img2img brings the initial picture to the size of the result (the web UI's resize modes).
enum class ResizeMode {
  JustResize,     ///< Stretch.
  CropAndResize,  ///< Keep the proportions, cover the target, cut what sticks out.
  ResizeAndFill,  ///< Keep the proportions, fit inside, repeat the edge pixels outwards.
  LatentUpscale,  ///< Keep the pixels; the latent is stretched.
};

}  // namespace ptravel
