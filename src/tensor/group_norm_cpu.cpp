#include "tensor/group_norm_cpu.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/layout.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

/// Sums of one channel over one image, relative to `shift`.
struct Moments {
  double mean = 0;
  double variance = 0;
};

/// The picture as the loops see it: `images` of [rows, channels], cut into blocks of rows whose
/// size depends on the picture alone, so that sums are the same for every number of threads.
struct Blocks {
  explicit Blocks(const at::Tensor& x)
      : images(x.size(0)),
        channels(x.size(1)),
        rows(x.size(2) * x.size(3)),
        size(std::max<std::int64_t>(64, (rows + 255) / 256)),
        count((rows + size - 1) / size),
        element(element_of(x)),
        element_bytes(x.element_size()) {}

  std::int64_t rows_in(std::int64_t block) const { return std::min(size, rows - block * size); }
  /// Byte offset of a block of an image.
  std::int64_t offset(std::int64_t image, std::int64_t block) const {
    return (image * rows + block * size) * channels * element_bytes;
  }

  std::int64_t images, channels, rows, size, count;
  cpu::Element element;
  std::int64_t element_bytes;
};

/// A block of rows of one image.
struct Block {
  std::int64_t image;
  std::int64_t index;  ///< Among all blocks of all images.
  std::int64_t rows;
  std::int64_t offset;  ///< Of its first byte.
};

/// Calls body(block) for every block, on all threads.
template <typename Body>
void for_blocks(const Blocks& blocks, Body&& body) {
  cpu::parallel_ranges(blocks.images * blocks.count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t index = begin; index < end; ++index) {
      const std::int64_t image = index / blocks.count;
      const std::int64_t block = index % blocks.count;
      body(Block{image, index, blocks.rows_in(block), blocks.offset(image, block)});
    }
  });
}

/// One image's [2, C] of a [N, 2, C] float32, as two rows.
struct TwoRows {
  TwoRows(const at::Tensor& x, std::int64_t image)
      : first(x.data_ptr<float>() + image * 2 * x.size(2)), second(first + x.size(2)) {}

  float *first, *second;
};

/// The first pixel of each image, [N, C] float32. Sums are taken relative to it: a channel whose
/// mean is far from zero would otherwise lose its variance to cancellation.
at::Tensor shifts_of(const at::Tensor& x) {
  return x.select(3, 0).select(2, 0).to(at::kFloat).contiguous();
}

/// Sums and squares of each channel over each block: [N, blocks, 2, C].
at::Tensor block_sums(const at::Tensor& x, const Blocks& blocks, const at::Tensor& shifts) {
  at::Tensor sums = at::empty({blocks.images, blocks.count, 2, blocks.channels}, at::kFloat);
  const at::Tensor flat = sums.flatten(0, 1);
  const auto* from = static_cast<const char*>(x.data_ptr());
  for_blocks(blocks, [&](const Block& block) {
    const TwoRows sum(flat, block.index);
    cpu::kernels().moments(blocks.element, from + block.offset, block.rows, blocks.channels,
                           shifts.data_ptr<float>() + block.image * blocks.channels, sum.first,
                           sum.second);
  });
  return sums;
}

Moments channel_moments(const Blocks& blocks,
                        const float* sums,
                        std::int64_t channel,
                        double shift) {
  double sum = 0;
  double squares = 0;
  for (std::int64_t block = 0; block < blocks.count; ++block) {
    const float* both = sums + block * 2 * blocks.channels + channel;
    sum += both[0];
    squares += both[blocks.channels];
  }
  const double count = static_cast<double>(blocks.rows);
  const double mean = sum / count;
  return {shift + mean, std::max(0.0, squares / count - mean * mean)};
}

/// Mean and variance of a group from those of its channels, which all count the same.
Moments group_moments(const std::vector<Moments>& channels) {
  Moments group;
  for (const Moments& channel : channels) {
    group.mean += channel.mean / static_cast<double>(channels.size());
  }
  for (const Moments& channel : channels) {
    const double away = channel.mean - group.mean;
    group.variance += (channel.variance + away * away) / static_cast<double>(channels.size());
  }
  return group;
}

}  // namespace

namespace {

/// One of the pictures that lie side by side, with what is summed over it.
struct Part {
  explicit Part(const at::Tensor& x)
      : blocks(x), shifts(shifts_of(x)), sums(block_sums(x, blocks, shifts)) {}

  Moments channel(std::int64_t image, std::int64_t channel) const {
    return channel_moments(blocks,
                           sums.data_ptr<float>() + image * blocks.count * 2 * blocks.channels,
                           channel, shifts.data_ptr<float>()[image * blocks.channels + channel]);
  }

  Blocks blocks;
  at::Tensor shifts;
  at::Tensor sums;
};

/// The moments of channels [first, first + result.size()) of all parts together.
void collect_channels(const std::vector<Part>& parts,
                      std::int64_t image,
                      std::int64_t first,
                      std::vector<Moments>& result) {
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::int64_t channel = first + static_cast<std::int64_t>(i);
    std::size_t part = 0;
    for (; channel >= parts[part].blocks.channels; ++part) {
      channel -= parts[part].blocks.channels;
    }
    result[i] = parts[part].channel(image, channel);
  }
}

}  // namespace

GroupStatistics group_statistics(at::TensorList pictures,
                                 const at::Tensor& weight,
                                 const at::Tensor& bias,
                                 const GroupNormRun& run) {
  const std::vector<Part> parts(pictures.begin(), pictures.end());
  const std::int64_t images = pictures[0].size(0);
  const std::int64_t channels = weight.numel();
  const std::int64_t groups = run.groups;
  const at::Tensor result = at::empty({images, 2, channels}, at::kFloat);
  const at::Tensor group_values = at::empty({images, groups, 2}, at::kFloat);
  const at::Tensor weights = weight.to(at::kFloat).contiguous();
  const at::Tensor biases = bias.to(at::kFloat).contiguous();
  const std::int64_t width = channels / groups;
  cpu::parallel_ranges(images * groups, 4, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Moments> members(static_cast<std::size_t>(width));
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t image = task / groups;
      const std::int64_t first = task % groups * width;
      collect_channels(parts, image, first, members);
      const Moments group = group_moments(members);
      const double rate = 1.0 / std::sqrt(group.variance + run.eps);
      group_values.data_ptr<float>()[2 * task] = static_cast<float>(group.mean);
      group_values.data_ptr<float>()[2 * task + 1] = static_cast<float>(rate);
      float* scale = result.data_ptr<float>() + image * 2 * channels + first;
      for (std::int64_t c = 0; c < width; ++c) {
        const double factor = weights.data_ptr<float>()[first + c] * rate;
        scale[c] = static_cast<float>(factor);
        scale[c + channels] =
            static_cast<float>(biases.data_ptr<float>()[first + c] - group.mean * factor);
      }
    }
  });
  return {result, group_values};
}

void apply_group_norm(at::TensorList parts,
                      const at::Tensor& factors,
                      AfterNorm after,
                      at::Tensor& out) {
  std::int64_t first = 0;
  for (const at::Tensor& x : parts) {
    const Blocks blocks(x);
    const auto* from = static_cast<const char*>(x.data_ptr());
    auto* to = static_cast<char*>(out.data_ptr()) + first * x.element_size();
    for_blocks(blocks, [&](const Block& block) {
      const TwoRows scale(factors, block.image);
      cpu::kernels().scale_offset(
          blocks.element, from + block.offset, to + block.offset / blocks.channels * out.size(1),
          out.size(1), block.rows, blocks.channels,
          {scale.first + first, scale.second + first, after == AfterNorm::Silu});
    });
    first += blocks.channels;
  }
}

at::Tensor group_norm_on_cpu(const at::Tensor& picture,
                             const at::Tensor& weight,
                             const at::Tensor& bias,
                             const GroupNormRun& run) {
  const at::Tensor x = to_channels_last(picture);
  at::Tensor out = empty_picture(x, x.size(0), x.size(1), x.size(2), x.size(3));
  apply_group_norm(x, group_statistics(x, weight, bias, run).factors, run.after, out);
  return out;
}

at::Tensor group_norm_gradient_sums(const at::Tensor& x,
                                    const at::Tensor& grad,
                                    const at::Tensor& factors,
                                    AfterNorm after) {
  const Blocks blocks(x);
  at::Tensor sums = at::empty({blocks.images, blocks.count, 2, blocks.channels}, at::kFloat);
  const at::Tensor flat = sums.flatten(0, 1);
  const auto* from = static_cast<const char*>(x.data_ptr());
  const auto* gradient = static_cast<const char*>(grad.data_ptr());
  for_blocks(blocks, [&](const Block& block) {
    const TwoRows scale(factors, block.image);
    const TwoRows sum(flat, block.index);
    cpu::kernels().scale_offset_gradient_sums(
        blocks.element, from + block.offset, gradient + block.offset, block.rows, blocks.channels,
        {scale.first, scale.second, after == AfterNorm::Silu}, sum.first, sum.second);
  });
  return sums.sum(1);
}

at::Tensor group_norm_gradient(const at::Tensor& x,
                               const at::Tensor& grad,
                               const at::Tensor& factors,
                               const at::Tensor& terms,
                               AfterNorm after) {
  const Blocks blocks(x);
  at::Tensor out = empty_picture(x, x.size(0), x.size(1), x.size(2), x.size(3));
  const auto* from = static_cast<const char*>(x.data_ptr());
  const auto* gradient = static_cast<const char*>(grad.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  for_blocks(blocks, [&](const Block& block) {
    const TwoRows scale(factors, block.image);
    const TwoRows term(terms, block.image);
    cpu::kernels().scale_offset_gradient(
        blocks.element, from + block.offset, gradient + block.offset, to + block.offset, block.rows,
        blocks.channels, {scale.first, scale.second, after == AfterNorm::Silu}, term.first,
        term.second);
  });
  return out;
}

}  // namespace ptravel
