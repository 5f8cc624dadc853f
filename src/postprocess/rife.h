#pragma once

#include <memory>
#include <vector>

#include "model/layers.h"
#include "postprocess/doubling_convolution.h"
#include "postprocess/rife_config.h"

namespace ptravel {

/// A picture between two, and how it was found.
struct RifeResult {
  at::Tensor picture;  ///< [1, 3, h, w], float32, not clamped.
  at::Tensor flow;     ///< [1, 4, H, W]: from the picture to both others, in pixels, padded.
};

/// Whether a picture is also found with both others exchanged, and the mean taken.
enum class RifeEnsemble { No, Yes };

/// A RIFE network of version 4. Computes in float32. Immutable; copies share the weights; may
/// run in several threads.
class Rife {
 public:
  /// Takes every tensor of `weights`.
  Rife(const Weights& weights, const RifeConfig& config, const Compute& compute);

  const RifeConfig& config() const { return config_; }

  /// The picture at time `t`, 0 to 1, between two pictures [1, 3, h, w], float32 from 0 to 1. The
  /// ensemble is for versions without an encoder (to 4.6), and doubles the cost.
  RifeResult operator()(const at::Tensor& first,
                        const at::Tensor& second,
                        double t,
                        RifeEnsemble ensemble = RifeEnsemble::No) const;

 private:
  struct Block;
  struct State;

  at::Tensor encode(const at::Tensor& picture) const;
  at::Tensor block_input(const State& state, bool swapped) const;
  void step(std::size_t number, State& state, RifeEnsemble ensemble) const;

  RifeConfig config_;
  Compute compute_;
  std::shared_ptr<const std::vector<Block>> blocks_;
  std::vector<Conv2d> head_;
  DoublingConvolution head_last_;
};

}  // namespace ptravel
