#include "media/mask.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// One half of a symmetric kernel and its middle, in 256ths, which sum up to 256 with the other
/// half: what rounding one weight leaves over goes to the next.
std::vector<unsigned> fixed_gauss(double sigma) {
  const int radius = static_cast<int>(std::floor(2.5 * sigma + 0.5));
  std::vector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= 0; ++i) {
    weights.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    sum += i == 0 ? weights.back() : 2 * weights.back();
  }
  std::vector<unsigned> fixed;
  double rest = 0;
  int left = 256;
  for (int i = 0; i < radius; ++i) {
    const double exact = weights[static_cast<std::size_t>(i)] / sum * 256 + rest;
    const double rounded = std::nearbyint(exact);
    rest = exact - rounded;
    fixed.push_back(static_cast<unsigned>(rounded));
    left -= 2 * static_cast<int>(rounded);
  }
  fixed.push_back(static_cast<unsigned>(left));
  return fixed;
}

/// The place that a place outside of a line of `size` pixels mirrors.
int mirrored(int place, int size) {
  if (size == 1) {
    return 0;
  }
  const int period = 2 * (size - 1);
  place = std::abs(place) % period;
  return place < size ? place : period - place;
}

/// Blurs `lines` lines of `size` pixels, which lie `step` apart; lines lie `line_step` apart.
void blur_lines(GreyImage& mask, double sigma, int lines, int size, int line_step, int step) {
  if (sigma <= 0) {
    return;
  }
  const std::vector<unsigned> weights = fixed_gauss(sigma);
  const int radius = static_cast<int>(weights.size()) - 1;
  std::vector<unsigned> padded(static_cast<std::size_t>(size + 2 * radius));
  for (int line = 0; line < lines; ++line) {
    std::uint8_t* first = mask.values.data() + static_cast<std::size_t>(line) * line_step;
    for (int i = 0; i < size + 2 * radius; ++i) {
      padded[static_cast<std::size_t>(i)] =
          first[static_cast<std::size_t>(mirrored(i - radius, size)) * step];
    }
    for (int i = 0; i < size; ++i) {
      const unsigned* centre = padded.data() + i + radius;
      unsigned sum = 128 + centre[0] * weights.back();
      for (int k = 1; k <= radius; ++k) {
        sum += (centre[-k] + centre[k]) * weights[static_cast<std::size_t>(radius - k)];
      }
      first[static_cast<std::size_t>(i) * step] =
          static_cast<std::uint8_t>(std::min(sum >> 8, 255U));
    }
  }
}

/// One side of a box made longer by `growth`: half of it on either side, moved back into the
/// picture and cut there.
void grow(int& first, int& last, int growth, int limit) {
  first -= growth / 2;
  last += growth - growth / 2;
  if (last >= limit) {
    first -= last - limit;
    last = limit;
  }
  if (first < 0) {
    last -= first;
    first = 0;
  }
  last = std::min(last, limit);
}

}  // namespace

bool GreyImage::is_black() const {
  return std::all_of(values.begin(), values.end(), [](std::uint8_t value) { return value == 0; });
}

Image to_rgb(const GreyImage& grey) {
  Image image(grey.width, grey.height);
  for (std::size_t i = 0; i < grey.values.size(); ++i) {
    std::fill_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i), 3, grey.values[i]);
  }
  return image;
}

GreyImage first_channel(const Image& image) {
  GreyImage grey(image.width, image.height);
  for (std::size_t i = 0; i < grey.values.size(); ++i) {
    grey.values[i] = image.pixels[3 * i];
  }
  return grey;
}

GreyImage inverted(GreyImage mask) {
  for (std::uint8_t& value : mask.values) {
    value = static_cast<std::uint8_t>(255 - value);
  }
  return mask;
}

GreyImage mixed(const GreyImage& a, const GreyImage& b, double share) {
  PTRAVEL_CHECK(a.width == b.width && a.height == b.height);
  GreyImage result(a.width, a.height);
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    result.values[i] =
        static_cast<std::uint8_t>(std::lround((1 - share) * a.values[i] + share * b.values[i]));
  }
  return result;
}

GreyImage blurred_mask(const GreyImage& mask, double sigma_x, double sigma_y) {
  GreyImage result = mask;
  blur_lines(result, sigma_x, mask.height, mask.width, mask.width, 1);
  blur_lines(result, sigma_y, mask.width, mask.height, 1, mask.width);
  return result;
}

std::optional<PixelBox> masked_box(const GreyImage& mask, int padding) {
  PixelBox box{mask.width, mask.height, 0, 0};
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (mask.row(y)[x] != 0) {
        box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1), y + 1};
      }
    }
  }
  if (box.right == 0) {
    return std::nullopt;
  }
  return PixelBox{std::max(box.left - padding, 0), std::max(box.top - padding, 0),
                  std::min(box.right + padding, mask.width),
                  std::min(box.bottom + padding, mask.height)};
}

PixelBox with_proportions(PixelBox box, int width, int height, int image_width, int image_height) {
  const double wanted = static_cast<double>(width) / height;
  if (static_cast<double>(box.width()) / box.height() > wanted) {
    grow(box.top, box.bottom, static_cast<int>(box.width() / wanted - box.height()), image_height);
  } else {
    grow(box.left, box.right, static_cast<int>(box.height() * wanted - box.width()), image_width);
  }
  return box;
}

Image cropped(const Image& image, const PixelBox& box) {
  PTRAVEL_CHECK(box.left >= 0 && box.top >= 0 && box.right <= image.width &&
                box.bottom <= image.height && box.width() > 0 && box.height() > 0);
  Image result(box.width(), box.height());
  for (int y = 0; y < result.height; ++y) {
    std::memcpy(result.row(y), image.row(y + box.top) + static_cast<std::size_t>(box.left) * 3,
                static_cast<std::size_t>(result.width) * 3);
  }
  return result;
}

}  // namespace ptravel
