#pragma once

// Convolutions and linear maps for kernels on an emulated card, which has to be included before.

#include <cmath>
#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/matrix_kernel.h"

namespace ptravel::cuda {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

/// ||a - b|| / ||b||, with NaN for missing numbers.
inline double error(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  return ((a.to(at::kDouble) - wide).norm() / wide.norm()).item<double>();
}

template <typename T>
constexpr at::ScalarType kType = c10::CppTypeToScalarType<T>::value;

struct ConvCase {
  std::int64_t images = 1, height = 1, width = 1, columns = 1, kernel = 3, stride = 1, pad = 1;
  std::vector<std::int64_t> channels;
  bool doubled = false, residual = false, image_bias = false, out_float = false;
  int segments = 1;
};

template <typename T>
struct Convolved {
  Convolved(const ConvCase& c, std::uint64_t seed = 1) : wanted(c) {
    at::manual_seed(seed);
    for (const std::int64_t channels : c.channels) {
      parts.push_back(at::randn({c.images, channels, c.height, c.width})
                          .to(kType<T>)
                          .contiguous(kChannelsLast));
    }
    const at::Tensor x = at::cat(parts, 1);
    weight = (at::randn({c.columns, x.size(1), c.kernel, c.kernel}) / 8)
                 .to(kType<T>)
                 .contiguous(kChannelsLast);
    bias = at::randn({c.columns});
    image_bias = at::randn({c.images, c.columns});
    at::Tensor seen = x.to(at::kFloat);
    if (c.doubled) {
      seen = at::upsample_nearest2d(seen, {2 * c.height, 2 * c.width});
    }
    reference = at::conv2d(seen, weight.to(at::kFloat), bias, c.stride, c.pad);
    residual = at::randn(reference.sizes()).to(kType<T>).contiguous(kChannelsLast);
    if (c.residual) {
      reference = reference + residual.to(at::kFloat);
    }
    if (c.image_bias) {
      reference = reference + image_bias.unsqueeze(2).unsqueeze(3);
    }
  }

  MatrixProblem problem(at::Tensor& out) const {
    MatrixProblem p;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      p.parts[i] = parts[i].data_ptr();
      p.part_channels[i] = static_cast<int>(parts[i].size(1));
    }
    p.weight = weight.data_ptr();
    p.height = static_cast<int>(wanted.height);
    p.width = static_cast<int>(wanted.width);
    p.doubled = wanted.doubled ? 1 : 0;
    p.out_height = static_cast<int>(reference.size(2));
    p.out_width = static_cast<int>(reference.size(3));
    p.kernel = static_cast<int>(wanted.kernel);
    p.stride = static_cast<int>(wanted.stride);
    p.pad = static_cast<int>(wanted.pad);
    p.images = static_cast<int>(wanted.images);
    p.columns = static_cast<int>(wanted.columns);
    p.bias = bias.data_ptr<float>();
    p.image_bias = wanted.image_bias ? image_bias.data_ptr<float>() : nullptr;
    p.image_bias_step = static_cast<int>(wanted.columns);
    p.residual = wanted.residual ? residual.data_ptr() : nullptr;
    p.out_float = wanted.out_float;
    p.segments = wanted.segments;
    out = at::full(reference.sizes(), std::nan(""),
                   at::TensorOptions(wanted.out_float ? at::kFloat : kType<T>))
              .contiguous(kChannelsLast);
    p.out = out.data_ptr();
    return p;
  }

  /// By the kernel; `split`: each segment by a block of its own.
  template <template <typename, int, int> typename Products,
            int kColumns,
            int kStages,
            int kRows = 128,
            int kFlying = 0>
  at::Tensor run(bool split = false) const {
    at::Tensor out;
    MatrixProblem p = problem(out);
    at::Tensor partial = at::full({p.segments, p.rows(), p.partial_pitch()}, std::nan(""));
    split = split || p.out_float || p.columns % 8 != 0;
    p.split = split;
    p.partial = partial.data_ptr<float>();
    const int tiles = (p.rows() + kRows - 1) / kRows * ((p.columns + kColumns - 1) / kColumns);
    emulated::launch(
        tiles, split ? p.segments : 1, 1, 2 * kRows, matrix_memory(kRows, kColumns, kStages), [&] {
          if (p.segments > 1 && !split) {
            matrix_block<T, kRows, kColumns, kStages, kFlying, true, Products<T, kRows, kColumns>>(
                p);
          } else {
            matrix_block<T, kRows, kColumns, kStages, kFlying, false, Products<T, kRows, kColumns>>(
                p);
          }
        });
    if (split) {
      const int pieces = p.partial_pitch() / 8 * p.rows();
      emulated::launch((pieces + kThreadsForNumbers - 1) / kThreadsForNumbers, 1, 1,
                       kThreadsForNumbers, 0, [&] { matrix_sum<T>(p); });
    }
    return out;
  }

  ConvCase wanted;
  std::vector<at::Tensor> parts;
  at::Tensor weight, bias, image_bias, residual, reference;
};

}  // namespace ptravel::cuda
