#pragma once

#include <vector>

#include "model/layers.h"
#include "postprocess/upscaler_config.h"

namespace ptravel {

/// A compact upscaler: convolutions at the picture's own size, whose last channels are the pixels
/// of the large picture, as a change to the picture enlarged pixel by pixel. Immutable; may run in
/// several threads.
class CompactNetwork {
 public:
  /// Takes every tensor of `weights`.
  CompactNetwork(const Weights& weights, const CompactConfig& config, const Compute& compute);

  /// picture [1, 3, h, w] from 0 to 1 in the network's number format; gives
  /// [1, 3, scale * h, scale * w].
  at::Tensor operator()(const at::Tensor& picture) const;

 private:
  CompactConfig config_;
  std::vector<Conv2d> convolutions_;
  std::vector<at::Tensor> slopes_;  // of the activation behind each but the last
};

}  // namespace ptravel
