#pragma once

#include <optional>

#include "ptravel/image.h"

namespace ptravel {

/// The interpolation kernels of resize(): triangle, Keys' cubic with a = -0.5, windowed sinc of
/// three lobes.
enum class ResizeFilter { Bilinear, Bicubic, Lanczos3 };

/// A region of the source in pixels, edges between pixels; left 0 is the outer edge of column 0.
/// It may be empty in a direction: then the line of pixels at that edge is repeated.
struct ResizeBox {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
};

/// Resamples `source` (or the part of it in `box`) to width x height with the arithmetic of
/// Pillow's Image.resize for 8-bit RGB, so that the result is the same to the last bit: kernels
/// widened when shrinking, weights in 22-bit fixed point, columns first, rounding to 8 bits, then
/// rows. Throws InvalidArgument for an empty source, a size below 1 or above 2^28 pixels, or a box
/// that leaves the picture.
Image resize(const Image& source,
             int width,
             int height,
             ResizeFilter filter,
             std::optional<ResizeBox> box = std::nullopt);

/// The nearest pixel of each, centres on centres, as Pillow rounds them.
Image resize_nearest(const Image& source, int width, int height);

/// The web UI's resize of an initial picture (its resize modes 0, 1 and 2, Lanczos throughout).
/// As there, ResizeAndFill leaves the last row or column black where an odd target leaves one pixel
/// over. Throws InvalidArgument as resize() does; extreme proportions count with the size of the
/// whole intermediate picture. LatentUpscale leaves the picture as it is.
Image resize_for_img2img(const Image& source, int width, int height, ResizeMode mode);

}  // namespace ptravel
