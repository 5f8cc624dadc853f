#include "tensor/resample.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/cpu/parallel.h"
#include "tensor/layout.h"

namespace ptravel {
namespace {

constexpr std::int64_t kElementsPerTask = 1 << 14;

/// A place between two pixels of a row or a column.
struct Between {
  std::int64_t first = 0;
  std::int64_t second = 0;
  float share = 0;  ///< Of the second one.
};

/// The place `at`, kept inside of `size` pixels; what is no number becomes 0.
Between between(float at, std::int64_t size) {
  const float last = static_cast<float>(size - 1);
  const float inside = at > 0 ? std::min(at, last) : 0.0F;
  const auto first = static_cast<std::int64_t>(inside);
  return {first, std::min(first + 1, size - 1), inside - static_cast<float>(first)};
}

/// Where the pixels of a side of `to` lie in one of `from`.
std::vector<Between> places(std::int64_t from, std::int64_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  std::vector<Between> result;
  for (std::int64_t i = 0; i < to; ++i) {
    result.push_back(between((static_cast<float>(i) + 0.5F) * scale - 0.5F, from));
  }
  return result;
}

/// One picture of a batch in channels-last memory.
struct Pixels {
  const float* first;
  std::int64_t width;
  std::int64_t channels;

  const float* at(std::int64_t y, std::int64_t x) const {
    return first + (y * width + x) * channels;
  }
};

void interpolate(const Pixels& from, const Between& y, const Between& x, float* to) {
  const float *top_left = from.at(y.first, x.first), *top_right = from.at(y.first, x.second);
  const float *low_left = from.at(y.second, x.first), *low_right = from.at(y.second, x.second);
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const float top = (1.0F - x.share) * top_left[c] + x.share * top_right[c];
    const float low = (1.0F - x.share) * low_left[c] + x.share * low_right[c];
    to[c] = (1.0F - y.share) * top + y.share * low;
  }
}

void check_picture(const at::Tensor& picture) {
  PTRAVEL_CHECK(picture.dim() == 4 && picture.numel() > 0 && picture.scalar_type() == at::kFloat);
}

/// Calls row(image, y) for all rows, in parallel.
template <typename Row>
void for_rows(const at::Tensor& result, const Row& row) {
  const std::int64_t rows = result.size(2);
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementsPerTask / (result.size(1) * result.size(3)));
  cpu::parallel_ranges(result.size(0) * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      row(i / rows, i % rows);
    }
  });
}

at::Tensor resize_on_cpu(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
  const at::Tensor x = to_channels_last(picture);
  at::Tensor out = empty_picture(x, x.size(0), x.size(1), height, width);
  const std::vector<Between> rows = places(x.size(2), height), columns = places(x.size(3), width);
  const std::int64_t channels = x.size(1);
  for_rows(out, [&](std::int64_t image, std::int64_t y) {
    const Pixels from{x.data_ptr<float>() + image * x.stride(0), x.size(3), channels};
    float* to = out.data_ptr<float>() + image * out.stride(0) + y * width * channels;
    for (const Between& column : columns) {
      interpolate(from, rows[static_cast<std::size_t>(y)], column, to);
      to += channels;
    }
  });
  return out;
}

at::Tensor warp_on_cpu(const at::Tensor& picture, const at::Tensor& flow) {
  const at::Tensor x = to_channels_last(picture), motion = to_channels_last(flow);
  at::Tensor out = empty_picture(x, x.size(0), x.size(1), x.size(2), x.size(3));
  const std::int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
  for_rows(out, [&](std::int64_t image, std::int64_t y) {
    const Pixels from{x.data_ptr<float>() + image * height * width * channels, width, channels};
    const float* step = motion.data_ptr<float>() + (image * height + y) * width * 2;
    float* to = out.data_ptr<float>() + (image * height + y) * width * channels;
    for (std::int64_t column = 0; column < width; ++column) {
      interpolate(from, between(static_cast<float>(y) + step[1], height),
                  between(static_cast<float>(column) + step[0], width), to);
      step += 2;
      to += channels;
    }
  });
  return out;
}

/// By LibTorch's operator, for other devices: it wants places from -1 to 1.
at::Tensor warp_by_torch(const at::Tensor& picture, const at::Tensor& flow) {
  const auto axis = [&](std::int64_t size) {
    return at::arange(size, flow.options().dtype(at::kFloat));
  };
  const auto scaled = [](const at::Tensor& at, std::int64_t size) {
    return (at * 2.0 + 1.0) / static_cast<double>(size) - 1.0;
  };
  const std::int64_t height = picture.size(2), width = picture.size(3);
  const at::Tensor x = flow.select(1, 0) + axis(width).reshape({1, 1, width});
  const at::Tensor y = flow.select(1, 1) + axis(height).reshape({1, height, 1});
  const at::Tensor grid =
      at::stack({scaled(x, width), scaled(y, height)}, 3).to(picture.scalar_type());
  constexpr std::int64_t kBilinear = 0, kBorder = 1;
  return at::grid_sampler_2d(picture, grid, kBilinear, kBorder, /*align_corners=*/false);
}

}  // namespace

at::Tensor resize_bilinear(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
  const ProfileScope scope("resize");
  check_picture(picture);
  PTRAVEL_CHECK(height > 0 && width > 0);
  if (picture.size(2) == height && picture.size(3) == width) {
    return picture;
  }
  if (!picture.is_cpu()) {
    return at::upsample_bilinear2d(picture, {height, width}, /*align_corners=*/false);
  }
  return resize_on_cpu(picture, height, width);
}

at::Tensor warp(const at::Tensor& picture, const at::Tensor& flow) {
  const ProfileScope scope("warp");
  check_picture(picture);
  check_picture(flow);
  PTRAVEL_CHECK(flow.size(0) == picture.size(0) && flow.size(1) == 2 &&
                flow.size(2) == picture.size(2) && flow.size(3) == picture.size(3));
  return picture.is_cpu() ? warp_on_cpu(picture, flow) : warp_by_torch(picture, flow);
}

}  // namespace ptravel
