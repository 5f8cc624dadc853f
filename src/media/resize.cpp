// Resampling by separable convolution, bit for bit as Pillow's Resample.c computes it; and the
// resize modes of the web UI's img2img.

#include "media/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <string>
#include <vector>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kWeightBits = 22;
constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;

double sinc(double x) {
  if (x == 0.0) {
    return 1.0;
  }
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double kernel_support(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::Bilinear:
      return 1.0;
    case ResizeFilter::Bicubic:
      return 2.0;
    case ResizeFilter::Lanczos3:
      return 3.0;
  }
  return 0.0;
}

double kernel_value(ResizeFilter filter, double x) {
  const double distance = std::abs(x);
  switch (filter) {
    case ResizeFilter::Bilinear:
      return distance < 1.0 ? 1.0 - distance : 0.0;
    case ResizeFilter::Bicubic: {
      constexpr double a = -0.5;
      if (distance < 1.0) {
        return ((a + 2.0) * distance - (a + 3.0)) * distance * distance + 1.0;
      }
      return distance < 2.0 ? (((distance - 5.0) * distance + 8.0) * distance - 4.0) * a : 0.0;
    }
    case ResizeFilter::Lanczos3:
      return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
  }
  return 0.0;
}

/// Pillow rounds by adding a half and cutting off, which std::lround does not repeat to the bit.
int truncate(double value) { return static_cast<int>(value); }

/// Which source pixels one target pixel is made of.
struct Taps {
  int first = 0;
  int count = 0;
  const std::int32_t* weights = nullptr;
};

/// The taps of every target pixel along one axis.
class AxisWeights {
 public:
  AxisWeights(int source_size, float begin, float end, int target_size, ResizeFilter filter)
      : taps_(target_size) {
    const double scale = static_cast<double>(end - begin) / target_size;
    const double widening = std::max(scale, 1.0);
    const double support = kernel_support(filter) * widening;
    const std::size_t stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
    weights_.resize(stride * static_cast<std::size_t>(target_size));
    std::vector<double> exact(stride);
    for (int i = 0; i < target_size; ++i) {
      const double center = begin + (i + 0.5) * scale;
      const int first = std::max(truncate(center - support + 0.5), 0);
      const int last = std::min(truncate(center + support + 0.5), source_size);
      double sum = 0.0;
      for (int k = 0; k < last - first; ++k) {
        exact[k] = kernel_value(filter, (k + first - center + 0.5) * (1.0 / widening));
        sum += exact[k];
      }
      std::int32_t* weights = weights_.data() + stride * static_cast<std::size_t>(i);
      for (int k = 0; k < last - first; ++k) {
        weights[k] = fixed_point(sum != 0.0 ? exact[k] / sum : exact[k]);
      }
      taps_[i] = {first, last - first, weights};
    }
  }

  const Taps& operator[](int target) const { return taps_[target]; }
  int first_used() const { return taps_.front().first; }
  int last_used() const { return taps_.back().first + taps_.back().count; }

 private:
  static std::int32_t fixed_point(double weight) {
    return static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kWeightBits));
  }

  std::vector<Taps> taps_;
  std::vector<std::int32_t> weights_;
};

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

/// Resamples the rows [first_row, last_row) of `source` to `width` columns.
Image resample_columns(
    const Image& source, int first_row, int last_row, int width, const AxisWeights& columns) {
  Image target(width, last_row - first_row);
  for (int y = first_row; y < last_row; ++y) {
    const std::uint8_t* in = source.row(y);
    std::uint8_t* out = target.row(y - first_row);
    for (int x = 0; x < width; ++x, out += 3) {
      const Taps& taps = columns[x];
      std::int32_t red = 1 << (kWeightBits - 1);
      std::int32_t green = red;
      std::int32_t blue = red;
      const std::uint8_t* pixel = in + static_cast<std::size_t>(taps.first) * 3;
      for (int k = 0; k < taps.count; ++k, pixel += 3) {
        red += pixel[0] * taps.weights[k];
        green += pixel[1] * taps.weights[k];
        blue += pixel[2] * taps.weights[k];
      }
      out[0] = to_byte(red);
      out[1] = to_byte(green);
      out[2] = to_byte(blue);
    }
  }
  return target;
}

/// Resamples the columns of `source`, whose row 0 is row `first_row` of the weights' axis.
Image resample_rows(const Image& source, int first_row, int height, const AxisWeights& rows) {
  Image target(source.width, height);
  const std::size_t row_values = static_cast<std::size_t>(source.width) * 3;
  std::vector<std::int32_t> sums(row_values);
  for (int y = 0; y < height; ++y) {
    const Taps& taps = rows[y];
    std::fill(sums.begin(), sums.end(), 1 << (kWeightBits - 1));
    for (int k = 0; k < taps.count; ++k) {
      const std::uint8_t* in = source.row(taps.first - first_row + k);
      const std::int32_t weight = taps.weights[k];
      for (std::size_t i = 0; i < row_values; ++i) {
        sums[i] += in[i] * weight;
      }
    }
    std::transform(sums.begin(), sums.end(), target.row(y), to_byte);
  }
  return target;
}

void check_target(std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1 || width > kMaxPixels || height > kMaxPixels / width) {
    throw Error(ErrorCode::InvalidArgument,
                "[resize] the target is " + std::to_string(width) + "x" + std::to_string(height) +
                    ", expected sides of at least 1 and at most 2^28 pixels");
  }
}

void check_source(const Image& source) {
  if (source.width < 1 || source.height < 1) {
    throw Error(ErrorCode::InvalidArgument, "[resize] the source is empty");
  }
  PTRAVEL_CHECK(source.pixels.size() == static_cast<std::size_t>(source.width) * source.height * 3);
}

void check_box(const Image& source, const ResizeBox& box) {
  const bool inside = box.left >= 0 && box.top >= 0 && box.left <= box.right &&
                      box.top <= box.bottom && box.right <= source.width &&
                      box.bottom <= source.height;
  if (!inside) {
    throw Error(ErrorCode::InvalidArgument,
                "[resize] the box (" + std::to_string(box.left) + ", " + std::to_string(box.top) +
                    ", " + std::to_string(box.right) + ", " + std::to_string(box.bottom) +
                    ") is outside of the picture of " + std::to_string(source.width) + "x" +
                    std::to_string(source.height));
  }
}

/// Copies `source` into `target` with its corner at (left, top), both of which may be negative.
void paste(Image& target, const Image& source, int left, int top) {
  const int first_x = std::max(left, 0);
  const int last_x = std::min(left + source.width, target.width);
  if (first_x >= last_x) {
    return;
  }
  const std::size_t bytes = static_cast<std::size_t>(last_x - first_x) * 3;
  for (int y = std::max(top, 0); y < std::min(top + source.height, target.height); ++y) {
    std::memcpy(target.row(y) + static_cast<std::size_t>(first_x) * 3,
                source.row(y - top) + static_cast<std::size_t>(first_x - left) * 3, bytes);
  }
}

/// Repeats the first and last row or column of `inner` into the borders of `target`, in the middle
/// of which it lies. The web UI resizes an empty box at the edge with Pillow's default filter.
void fill_borders(Image& target, const Image& inner, bool rows) {
  const auto width = static_cast<float>(inner.width);
  const auto height = static_cast<float>(inner.height);
  const int border =
      rows ? target.height / 2 - inner.height / 2 : target.width / 2 - inner.width / 2;
  if (border <= 0) {
    return;
  }
  const int fill_width = rows ? target.width : border;
  const int fill_height = rows ? border : target.height;
  const ResizeBox first = rows ? ResizeBox{0, 0, width, 0} : ResizeBox{0, 0, 0, height};
  const ResizeBox last = {rows ? 0 : width, rows ? height : 0, width, height};
  paste(target, resize(inner, fill_width, fill_height, ResizeFilter::Bicubic, first), 0, 0);
  paste(target, resize(inner, fill_width, fill_height, ResizeFilter::Bicubic, last),
        rows ? 0 : border + inner.width, rows ? border + inner.height : 0);
}

}  // namespace

Image resize(
    const Image& source, int width, int height, ResizeFilter filter, std::optional<ResizeBox> box) {
  check_source(source);
  check_target(width, height);
  const ResizeBox region = box.value_or(
      ResizeBox{0, 0, static_cast<float>(source.width), static_cast<float>(source.height)});
  check_box(source, region);
  const bool columns_change = width != source.width || region.left != 0 || region.right != width;
  const bool rows_change = height != source.height || region.top != 0 || region.bottom != height;
  if (!columns_change && !rows_change) {
    return source;
  }
  const AxisWeights rows(source.height, region.top, region.bottom, height, filter);
  if (!columns_change) {
    return resample_rows(source, 0, height, rows);
  }
  const AxisWeights columns(source.width, region.left, region.right, width, filter);
  const Image narrowed =
      resample_columns(source, rows.first_used(), rows.last_used(), width, columns);
  return rows_change ? resample_rows(narrowed, rows.first_used(), height, rows) : narrowed;
}

Image resize_for_img2img(const Image& source, int width, int height, ResizeMode mode) {
  check_source(source);
  check_target(width, height);
  if (mode == ResizeMode::LatentUpscale) {
    return source;
  }
  if (mode == ResizeMode::JustResize) {
    return resize(source, width, height, ResizeFilter::Lanczos3);
  }
  const double ratio = static_cast<double>(width) / height;
  const double source_ratio = static_cast<double>(source.width) / source.height;
  const bool crop = mode == ResizeMode::CropAndResize;
  const bool full_width = crop ? ratio > source_ratio : ratio < source_ratio;
  const bool full_height = crop ? ratio <= source_ratio : ratio >= source_ratio;
  const std::int64_t inner_width =
      full_width ? width : std::int64_t{source.width} * height / source.height;
  const std::int64_t inner_height =
      full_height ? height : std::int64_t{source.height} * width / source.width;
  check_target(std::max<std::int64_t>(inner_width, 1), std::max<std::int64_t>(inner_height, 1));
  const Image inner = resize(source, std::max(static_cast<int>(inner_width), 1),
                             std::max(static_cast<int>(inner_height), 1), ResizeFilter::Lanczos3);
  Image target(width, height);
  paste(target, inner, width / 2 - inner.width / 2, height / 2 - inner.height / 2);
  if (!crop && ratio != source_ratio) {
    fill_borders(target, inner, ratio < source_ratio);
  }
  return target;
}

Image resize_nearest(const Image& source, int width, int height) {
  // Pillow adds up the steps, and rounding decides where a centre falls between two pixels.
  const auto places = [](int from, int to) {
    std::vector<int> nearest(static_cast<std::size_t>(to));
    const double step = static_cast<double>(from) / to;
    double place = step * 0.5;
    for (int& pixel : nearest) {
      pixel = std::min(static_cast<int>(place), from - 1);
      place += step;
    }
    return nearest;
  };
  Image result(width, height);
  const std::vector<int> columns = places(source.width, width);
  const std::vector<int> rows = places(source.height, height);
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* from = source.row(rows[static_cast<std::size_t>(y)]);
    std::uint8_t* to = result.row(y);
    for (const int column : columns) {
      to = std::copy_n(from + static_cast<std::size_t>(column) * 3, 3, to);
    }
  }
  return result;
}

}  // namespace ptravel
