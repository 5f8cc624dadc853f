#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/image_file.h"
#include "ptravel/image.h"

namespace ptravel {

/// An 8-bit grey picture, rows from top to bottom. As a mask of inpainting: 255 is drawn anew, 0
/// stays.
struct GreyImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> values;

  GreyImage() = default;
  /// A black one. Both sides must be at least 1.
  GreyImage(int width_in, int height_in)
      : width(width_in),
        height(height_in),
        values(static_cast<std::size_t>(width_in) * static_cast<std::size_t>(height_in)) {}

  std::uint8_t* row(int y) { return values.data() + static_cast<std::size_t>(y) * width; }
  const std::uint8_t* row(int y) const {
    return values.data() + static_cast<std::size_t>(y) * width;
  }
  /// Whether nothing is drawn.
  bool is_black() const;
  bool operator==(const GreyImage&) const = default;
};

/// The grey picture in all three channels, and the first channel of one.
Image to_rgb(const GreyImage& grey);
GreyImage first_channel(const Image& image);

/// What becomes of a mask's transparency: the part that is more than half opaque, or its shades.
enum class MaskAlpha { Rounded, Kept };

/// A mask as the web UI reads one: the transparency of a picture that has some, else its
/// brightness. Throws as decode_image.
GreyImage decode_mask(std::string_view bytes,
                      const std::string& name,
                      MaskAlpha alpha,
                      std::uint64_t most_pixels = kMostImagePixels);
/// The same of a file. Throws as read_image.
GreyImage read_mask(const std::filesystem::path& path, MaskAlpha alpha);

GreyImage inverted(GreyImage mask);
/// (1 - share) a + share b, rounded. Sizes must be equal.
GreyImage mixed(const GreyImage& a, const GreyImage& b, double share);

/// Gaussian blur along each axis with the arithmetic of OpenCV's for 8 bits: weights in 8-bit fixed
/// point, 2 int(2.5 sigma + 0.5) + 1 of them, the picture mirrored at its edge pixels. A sigma of 0
/// leaves its axis.
GreyImage blurred_mask(const GreyImage& mask, double sigma_x, double sigma_y);

/// A part of a picture in pixels; right and bottom are outside.
struct PixelBox {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;

  int width() const { return right - left; }
  int height() const { return bottom - top; }
  bool operator==(const PixelBox&) const = default;
};

/// What is not black, with `padding` pixels around it as far as the picture goes; nothing: all is.
std::optional<PixelBox> masked_box(const GreyImage& mask, int padding);

/// The box grown to the proportions of width x height, as far as a picture of image_width x
/// image_height goes.
PixelBox with_proportions(PixelBox box, int width, int height, int image_width, int image_height);

Image cropped(const Image& image, const PixelBox& box);

}  // namespace ptravel
