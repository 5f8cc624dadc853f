#include "tensor/layout.h"

#include <cmath>
#include <cstring>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/cpu/parallel.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

/// Rows of a picture below this many bytes are not worth another thread.
constexpr std::int64_t kBytesPerTask = 1 << 16;

std::int64_t grain_for(std::int64_t bytes_per_item) {
  return std::max<std::int64_t>(1, kBytesPerTask / std::max<std::int64_t>(1, bytes_per_item));
}

const char* bytes(const at::Tensor& x) { return static_cast<const char*>(x.data_ptr()); }
char* bytes(at::Tensor& x) { return static_cast<char*>(x.data_ptr()); }

/// The source index of each target index; float arithmetic as PyTorch's.
std::vector<std::int64_t> nearest_indices(std::int64_t from, std::int64_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(to));
  for (std::int64_t i = 0; i < to; ++i) {
    const auto index = static_cast<std::int64_t>(std::floor(static_cast<float>(i) * scale));
    indices[static_cast<std::size_t>(i)] = std::min(index, from - 1);
  }
  return indices;
}

}  // namespace

at::Tensor to_channels_last(const at::Tensor& x) {
  if (x.is_contiguous(kChannelsLast)) {
    return x;
  }
  const ProfileScope scope("copy");
  return x.contiguous(kChannelsLast);
}

at::Tensor empty_picture(
    const at::Tensor& like, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  return at::empty({n, c, h, w}, like.options().requires_grad(false).memory_format(kChannelsLast));
}

at::Tensor to_tokens(const at::Tensor& picture) {
  return to_channels_last(picture).permute({0, 2, 3, 1}).flatten(1, 2);
}

at::Tensor join_channels(at::TensorList parts) {
  const at::Tensor& first = parts[0];
  if (parts.size() == 1) {
    return to_channels_last(first);
  }
  const ProfileScope scope("copy");
  if (!first.is_cpu()) {
    return at::cat(parts, 1);
  }
  std::vector<at::Tensor> pictures;
  std::int64_t channels = 0;
  for (const at::Tensor& part : parts) {
    PTRAVEL_CHECK(part.scalar_type() == first.scalar_type() && part.size(0) == first.size(0) &&
                  part.size(2) == first.size(2) && part.size(3) == first.size(3));
    pictures.push_back(to_channels_last(part));
    channels += part.size(1);
  }
  at::Tensor out = empty_picture(first, first.size(0), channels, first.size(2), first.size(3));
  const std::int64_t pixel = channels * first.element_size();
  cpu::parallel_ranges(first.size(0) * first.size(2) * first.size(3), grain_for(pixel),
                       [&](std::int64_t begin, std::int64_t end) {
                         char* to = bytes(out);
                         for (const at::Tensor& picture : pictures) {
                           const std::int64_t size = picture.size(1) * picture.element_size();
                           for (std::int64_t i = begin; i < end; ++i) {
                             std::memcpy(to + i * pixel, bytes(picture) + i * size,
                                         static_cast<std::size_t>(size));
                           }
                           to += size;
                         }
                       });
  return out;
}

at::Tensor to_picture(const at::Tensor& tokens, std::int64_t height, std::int64_t width) {
  return tokens.unflatten(1, {height, width}).permute({0, 3, 1, 2});
}

at::Tensor resize_nearest(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
  if (!use_cpu_kernels({&picture})) {
    return at::upsample_nearest2d(picture, {height, width});
  }
  const at::Tensor x = to_channels_last(picture);
  at::Tensor out = empty_picture(x, x.size(0), x.size(1), height, width);
  for (std::int64_t image = 0; image < x.size(0); ++image) {
    at::Tensor rows = out.narrow(0, image, 1);
    resize_nearest_rows(x.narrow(0, image, 1), height, 0, rows);
  }
  return out;
}

void resize_nearest_rows(const at::Tensor& x,
                         std::int64_t height,
                         std::int64_t first,
                         at::Tensor& rows) {
  const ProfileScope scope("copy");
  const std::int64_t width = rows.size(3);
  const auto source_rows = nearest_indices(x.size(2), height);
  const auto source_columns = nearest_indices(x.size(3), width);
  const std::int64_t pixel_bytes = x.size(1) * x.element_size();
  const std::int64_t grain = grain_for(width * pixel_bytes);
  cpu::parallel_ranges(rows.size(2), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t source = source_rows[static_cast<std::size_t>(first + row)];
      const char* from = bytes(x) + source * x.size(3) * pixel_bytes;
      char* to = bytes(rows) + row * width * pixel_bytes;
      for (std::int64_t column = 0; column < width; ++column) {
        std::memcpy(to + column * pixel_bytes,
                    from + source_columns[static_cast<std::size_t>(column)] * pixel_bytes,
                    static_cast<std::size_t>(pixel_bytes));
      }
    }
  });
}

}  // namespace ptravel
