#include "media/inpaint.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "media/resize.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// a / 255, rounded, for a of 0 to 255 * 255.
unsigned divided_by_255(unsigned a) {
  const unsigned half = a + 128;
  return ((half >> 8) + half) >> 8;
}

/// RGBA with colours multiplied by alpha, which is what `keep` leaves: 255 - mask.
Bytes premultiplied(const Image& picture, const GreyImage& mask) {
  Bytes pixels(mask.values.size() * 4);
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    const unsigned keep = 255U - mask.values[i];
    for (std::size_t c = 0; c < 3; ++c) {
      pixels[4 * i + c] =
          static_cast<std::uint8_t>(divided_by_255(picture.pixels[3 * i + c] * keep));
    }
    pixels[4 * i + 3] = static_cast<std::uint8_t>(keep);
  }
  return pixels;
}

/// With colours as they are.
Bytes straight(Bytes pixels) {
  for (std::size_t i = 0; i < pixels.size(); i += 4) {
    const unsigned alpha = pixels[i + 3];
    for (std::size_t c = 0; c < 3 && alpha != 0 && alpha != 255; ++c) {
      pixels[i + c] = static_cast<std::uint8_t>(std::min(255U * pixels[i + c] / alpha, 255U));
    }
  }
  return pixels;
}

/// One RGBA pixel over another, in Pillow's fixed point of 7 further bits.
void put_over(std::uint8_t* below, const std::uint8_t* above) {
  const unsigned alpha = above[3];
  if (alpha == 0) {
    return;
  }
  constexpr unsigned kBits = 7;
  const unsigned total = alpha * 255 + below[3] * (255 - alpha);
  const unsigned share = alpha * 255 * (255U << kBits) / total;
  const unsigned rest = (255U << kBits) - share;
  for (int c = 0; c < 3; ++c) {
    const unsigned sum = above[c] * share + below[c] * rest + (0x80U << kBits);
    below[c] = static_cast<std::uint8_t>(((sum >> 8) + sum) >> 8 >> kBits);
  }
  below[3] = static_cast<std::uint8_t>(divided_by_255(total));
}

/// The radius of the box whose three passes come nearest to a Gaussian (Gwosdek et al., 2011,
/// "Theoretical Foundations of Gaussian Convolution by Extended Box Filtering").
float box_radius(float sigma) {
  constexpr float kPasses = 3;
  const float variance = sigma * sigma / kPasses;
  const float length = std::sqrt(12 * variance + 1);
  const float whole = std::floor((length - 1) / 2);
  const float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) /
                     (6 * (variance - (whole + 1) * (whole + 1)));
  return whole + part;
}

/// Three passes of the box over a line of `size` RGBA pixels, in 24-bit fixed point, each rounded
/// to 8 bits; beyond its ends the line goes on with its last pixel.
class BoxBlur {
 public:
  BoxBlur(float radius, int size)
      : whole_(static_cast<int>(radius)),
        size_(size),
        weight_(static_cast<std::uint32_t>((1U << 24) / (radius * 2 + 1))),
        edge_weight_(((1U << 24) - (2 * static_cast<std::uint32_t>(whole_) + 1) * weight_) / 2),
        line_(static_cast<std::size_t>(size)) {}

  void operator()(std::uint8_t* first, std::size_t step) {
    for (int channel = 0; channel < 4; ++channel) {
      for (int i = 0; i < size_; ++i) {
        line_[static_cast<std::size_t>(i)] = first[static_cast<std::size_t>(i) * step + channel];
      }
      for (int pass = 0; pass < 3; ++pass) {
        blur_once();
      }
      for (int i = 0; i < size_; ++i) {
        first[static_cast<std::size_t>(i) * step + channel] = line_[static_cast<std::size_t>(i)];
      }
    }
  }

 private:
  std::uint32_t at(int place) const {
    return line_[static_cast<std::size_t>(std::clamp(place, 0, size_ - 1))];
  }

  void blur_once() {
    std::uint32_t sum = 0;  // of the box around the place before the first
    for (int place = -1 - whole_; place <= -1 + whole_; ++place) {
      sum += at(place);
    }
    Bytes blurred(line_.size());
    for (int i = 0; i < size_; ++i) {
      sum += at(i + whole_) - at(i - whole_ - 1);
      const std::uint64_t value =
          std::uint64_t{sum} * weight_ +
          std::uint64_t{at(i - whole_ - 1) + at(i + whole_ + 1)} * edge_weight_ + (1U << 23);
      blurred[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> 24);
    }
    line_ = std::move(blurred);
  }

  int whole_;
  int size_;
  std::uint32_t weight_;
  std::uint32_t edge_weight_;
  Bytes line_;
};

Bytes gaussian(Bytes pixels, int width, int height, float sigma) {
  if (sigma <= 0) {
    return pixels;
  }
  BoxBlur along_x(box_radius(sigma), width);
  for (int y = 0; y < height; ++y) {
    along_x(pixels.data() + static_cast<std::size_t>(y) * width * 4, 4);
  }
  BoxBlur along_y(box_radius(sigma), height);
  for (int x = 0; x < width; ++x) {
    along_y(pixels.data() + static_cast<std::size_t>(x) * 4, static_cast<std::size_t>(width) * 4);
  }
  return pixels;
}

void check_sizes(const Image& picture, const GreyImage& mask) {
  PTRAVEL_CHECK(picture.width == mask.width && picture.height == mask.height);
}

}  // namespace

PreparedMask prepare_mask(const GreyImage& mask, const MaskPreparation& preparation) {
  PreparedMask result;
  result.mask = first_channel(prepare_picture(to_rgb(mask), preparation));
  if (preparation.box) {
    result.overlay = mask;
    return result;
  }
  result.overlay = result.mask;
  for (std::uint8_t& value : result.overlay.values) {
    value = static_cast<std::uint8_t>(std::min(2 * value, 255));
  }
  return result;
}

Image prepare_picture(const Image& picture, const MaskPreparation& preparation) {
  if (preparation.box) {
    return resize_for_img2img(cropped(picture, *preparation.box), preparation.width,
                              preparation.height, ResizeMode::ResizeAndFill);
  }
  return resize_for_img2img(picture, preparation.width, preparation.height,
                            preparation.resize_mode);
}

Overlay make_overlay(const Image& picture,
                     const GreyImage& overlay_mask,
                     std::optional<PixelBox> box) {
  check_sizes(picture, overlay_mask);
  return {picture.width, picture.height, straight(premultiplied(picture, overlay_mask)), box};
}

Image with_overlay(const Image& drawn, const Overlay& overlay) {
  Image result(overlay.width, overlay.height);
  if (overlay.box) {
    const PixelBox& box = *overlay.box;
    const Image part =
        resize_for_img2img(drawn, box.width(), box.height(), ResizeMode::CropAndResize);
    for (int y = 0; y < part.height; ++y) {
      std::memcpy(result.row(y + box.top) + static_cast<std::size_t>(box.left) * 3, part.row(y),
                  static_cast<std::size_t>(part.width) * 3);
    }
  } else {
    PTRAVEL_CHECK(drawn.width == overlay.width && drawn.height == overlay.height);
    result = drawn;
  }
  for (std::size_t i = 0; 4 * i < overlay.pixels.size(); ++i) {
    std::uint8_t pixel[4] = {result.pixels[3 * i], result.pixels[3 * i + 1],
                             result.pixels[3 * i + 2], 255};
    put_over(pixel, overlay.pixels.data() + 4 * i);
    std::copy_n(pixel, 3, result.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i));
  }
  return result;
}

Image filled(const Image& picture, const GreyImage& mask) {
  check_sizes(picture, mask);
  struct Layer {
    float sigma;
    int repeats;
  };
  constexpr Layer kLayers[] = {{256, 1}, {64, 1}, {16, 2}, {4, 4}, {2, 2}, {0, 1}};
  const Bytes kept = premultiplied(picture, mask);
  Bytes pixels(kept.size());
  for (const Layer& layer : kLayers) {
    const Bytes above = straight(gaussian(kept, picture.width, picture.height, layer.sigma));
    for (int repeat = 0; repeat < layer.repeats; ++repeat) {
      for (std::size_t i = 0; i < pixels.size(); i += 4) {
        put_over(pixels.data() + i, above.data() + i);
      }
    }
  }
  Image result(picture.width, picture.height);
  for (std::size_t i = 0; 4 * i < pixels.size(); ++i) {
    std::copy_n(pixels.begin() + static_cast<std::ptrdiff_t>(4 * i), 3,
                result.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i));
  }
  return result;
}

}  // namespace ptravel
