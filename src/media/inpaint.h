#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "media/mask.h"
#include "ptravel/image.h"

namespace ptravel {

/// How a mask is prepared for pictures of width x height that are drawn.
struct MaskPreparation {
  int width = 0;
  int height = 0;
  ResizeMode resize_mode = ResizeMode::JustResize;
  /// The part of the picture that is drawn; nothing: the whole.
  std::optional<PixelBox> box = {};
};

/// A mask at the size that is drawn, and what lies over the result.
struct PreparedMask {
  GreyImage mask;     ///< width x height.
  GreyImage overlay;  ///< What is drawn of the picture that results: where it is 255, wholly.
};

/// As the web UI does: the mask (inverted and blurred already) is brought to the size like the
/// picture; of a whole picture the overlay is twice as strong, of a part it is the mask itself.
PreparedMask prepare_mask(const GreyImage& mask, const MaskPreparation& preparation);

/// The picture at the size that is drawn: resized, or its part, resized with filled borders.
Image prepare_picture(const Image& picture, const MaskPreparation& preparation);

/// What a picture keeps of the one it started from: straight alpha.
struct Overlay {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  ///< RGBA.
  std::optional<PixelBox> box;       ///< The part that is drawn; nothing: the whole.
};

/// `picture`: the whole one, of the mask's size.
Overlay make_overlay(const Image& picture,
                     const GreyImage& overlay_mask,
                     std::optional<PixelBox> box);

/// What was drawn, put in its place, below the overlay.
Image with_overlay(const Image& drawn, const Overlay& overlay);

/// The picture with what the mask covers filled by blurred versions of what it does not, the widest
/// blur below: the web UI's "fill". Sizes must be equal.
Image filled(const Image& picture, const GreyImage& mask);

}  // namespace ptravel
