#pragma once

#include <vector>

#include "model/layers.h"
#include "postprocess/upscaler_config.h"

namespace ptravel {

/// Five convolutions, each of which sees the results of all before it; their sum, times a factor,
/// is added to the picture.
class DenseBlock {
 public:
  DenseBlock(const Weights& weights,
             const RrdbNames& names,
             const RrdbConfig& config,
             const Compute& compute);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  std::vector<Conv2d> convolutions_;  // the last one's factor is in its weights
  Convolution cross_;                 // ESRGAN+'s, where there is one
  bool has_cross_ = false;
};

/// An ESRGAN network. Immutable; may run in several threads.
class RrdbNetwork {
 public:
  /// Takes every tensor of `weights`.
  RrdbNetwork(const Weights& weights, const RrdbConfig& config, const Compute& compute);

  /// picture [1, 3, h, w] from 0 to 1, sides multiples of `unshuffle`, in the network's number
  /// format; gives [1, 3, scale * h, scale * w].
  at::Tensor operator()(const at::Tensor& picture) const;

 private:
  using Block = std::vector<DenseBlock>;
  RrdbConfig config_;
  Conv2d first_, trunk_, high_resolution_, last_;
  std::vector<Block> blocks_;
  std::vector<Conv2d> ups_;
};

}  // namespace ptravel
