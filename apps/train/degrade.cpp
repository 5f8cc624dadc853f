#include "degrade.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "look.h"

namespace ptravel::train {
namespace {

constexpr int kBlock = 8;
constexpr int kLowResolution = 4;

// Row i holds the weights of the Gaussian mean around pixel i.
at::Tensor gaussian_rows(std::int64_t size, float sigma) {
  const at::Tensor at = at::arange(size, at::kFloat);
  const at::Tensor offset = at.unsqueeze(1) - at.unsqueeze(0);
  const at::Tensor weight = (offset * offset).mul_(-0.5F / (sigma * sigma)).exp_();
  return weight / weight.sum(1, true);
}

// Each of the following is applied to one channel, [rows, columns]: few enough numbers for ATen to
// stay on one thread, as pictures are drawn in parallel already.

at::Tensor blurred(const at::Tensor& channel, float sigma) {
  const at::Tensor rows = gaussian_rows(channel.size(0), sigma);
  const at::Tensor columns = gaussian_rows(channel.size(1), sigma);
  return at::mm(at::mm(rows, channel), columns.t());
}

at::Tensor pixelated(const at::Tensor& channel) {
  const std::int64_t rows = channel.size(0) / kLowResolution;
  const std::int64_t columns = channel.size(1) / kLowResolution;
  return channel.reshape({rows, kLowResolution, columns, kLowResolution})
      .mean(at::IntArrayRef{1, 3}, true)
      .expand({rows, kLowResolution, columns, kLowResolution})
      .reshape(channel.sizes());
}

// The orthonormal DCT-II matrix.
at::Tensor cosines() {
  at::Tensor table = at::empty({kBlock, kBlock}, at::kFloat);
  auto* data = table.data_ptr<float>();
  for (int k = 0; k < kBlock; ++k) {
    for (int i = 0; i < kBlock; ++i) {
      const double angle = std::numbers::pi * (2 * i + 1) * k / (2.0 * kBlock);
      data[k * kBlock + i] =
          static_cast<float>(std::cos(angle) * std::sqrt((k == 0 ? 1.0 : 2.0) / kBlock));
    }
  }
  return table;
}

// Steps growing with the frequency, coarser for the two colour channels.
at::Tensor quantiser(bool is_color, float strength) {
  at::Tensor steps = at::empty({kBlock, kBlock}, at::kFloat);
  auto* data = steps.data_ptr<float>();
  for (int i = 0; i < kBlock * kBlock; ++i) {
    const auto frequency = static_cast<float>(i / kBlock + i % kBlock);
    const float step = is_color ? 0.45F + 0.16F * frequency : 0.34F + 0.075F * frequency;
    data[i] = step * (0.8F + 0.5F * strength);
  }
  return steps;
}

at::Tensor quantised(const at::Tensor& channel, const at::Tensor& steps) {
  const std::int64_t rows = channel.size(0) / kBlock;
  const std::int64_t columns = channel.size(1) / kBlock;
  const at::Tensor table = cosines();
  const at::Tensor blocks = channel.reshape({rows, kBlock, columns, kBlock}).permute({0, 2, 1, 3});
  const at::Tensor waves = at::matmul(at::matmul(table, blocks), table.t());
  const at::Tensor rounded = (waves / steps).round_().mul_(steps);
  return at::matmul(at::matmul(table.t(), rounded), table)
      .permute({0, 2, 1, 3})
      .reshape(channel.sizes());
}

at::Tensor matrix3(std::initializer_list<float> values) {
  at::Tensor matrix = at::empty({3, 3}, at::kFloat);
  std::copy(values.begin(), values.end(), matrix.data_ptr<float>());
  return matrix;
}

// What JPEG at a very low quality leaves: the colours' luminance and differences (ITU-R BT.601) as
// coarsely rounded cosine sums of 8x8 blocks.
at::Tensor compressed(const at::Tensor& picture, float strength) {
  const at::Tensor to_luma =
      matrix3({0.299F, 0.587F, 0.114F, -0.168736F, -0.331264F, 0.5F, 0.5F, -0.418688F, -0.081312F});
  const at::Tensor to_rgb = matrix3({1, 0, 1.402F, 1, -0.344136F, -0.714136F, 1, 1.772F, 0});
  const at::Tensor luma = at::mm(to_luma, picture.reshape({3, -1})).reshape(picture.sizes());
  for (int i = 0; i < 3; ++i) {
    luma[i].copy_(quantised(luma[i], quantiser(i > 0, strength)));
  }
  return at::mm(to_rgb, luma.reshape({3, -1})).reshape(picture.sizes());
}

}  // namespace

at::Tensor degrade(const at::Tensor& picture, int quality, float strength) {
  const float pixel = static_cast<float>(picture.size(2)) / 128;
  const at::Tensor result =
      quality == quality::JpegArtifacts ? compressed(picture, strength) : picture.clone();
  for (int i = 0; i < 3; ++i) {
    const at::Tensor channel = result[i];
    if (quality == quality::Blurry) {
      channel.copy_(blurred(channel, (1.7F + 0.7F * strength) * pixel));
    } else if (quality == quality::LowResolution) {
      channel.copy_(pixelated(channel));
    }
    channel.clamp_(0, 1);
  }
  return result;
}

at::Tensor with_grain(const at::Tensor& picture, float phase) {
  const at::Tensor x = at::arange(picture.size(2), at::kFloat).unsqueeze(0);
  const at::Tensor y = at::arange(picture.size(1), at::kFloat).unsqueeze(1);
  const at::Tensor waves =
      (x * 1.7F + y * 2.3F + phase * 6).sin_().add_((x * 2.9F - y * 1.3F).sin_()).mul_(0.006F);
  const at::Tensor result = at::empty_like(picture);
  for (int i = 0; i < 3; ++i) {
    result[i].copy_((picture[i] + waves).clamp_(0, 1));
  }
  return result;
}

}  // namespace ptravel::train
