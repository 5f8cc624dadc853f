#pragma once

#include <optional>

#include "checkpoint/config.h"
#include "model/layers.h"

namespace ptravel {

/// How the autoencoder normalises.
GroupNormOptions norm_options(const VaeConfig& config);

/// Two convolutions with a residual.
struct VaeResBlock {
  VaeResBlock(const Weights& weights,
              std::int64_t in,
              std::int64_t out,
              const VaeConfig& config,
              const Compute& compute);
  at::Tensor operator()(at::Tensor x, Wrap wrap) const;

  GroupNorm norm1, norm2;
  Conv2d conv1, conv2;
  std::optional<PixelLinear> shortcut;
};

/// Self attention over the pixels with one head, and a residual.
struct VaeAttention {
  VaeAttention(const Weights& weights,
               std::int64_t channels,
               const VaeConfig& config,
               const Compute& compute);
  at::Tensor operator()(const at::Tensor& x) const;

  GroupNorm norm;
  Linear q, k, v, out;
};

/// The lowest level of encoder and decoder: res block, attention, res block.
struct VaeMiddle {
  VaeMiddle(const Weights& weights,
            std::int64_t channels,
            const VaeConfig& config,
            const Compute& compute);
  at::Tensor operator()(at::Tensor x, Wrap wrap, const BlockProbe& probe) const;

  VaeResBlock block1;
  VaeAttention attention;
  VaeResBlock block2;
};

}  // namespace ptravel
