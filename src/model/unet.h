#pragma once

#include <memory>

#include "model/config.h"
#include "model/layers.h"

namespace ptravel {

/// Sinusoidal embedding of timesteps: [N] float32 (fractions allowed) gives [N, width] float32,
/// cosines and then sines of t * exp(-ln(10000) i / (width / 2)).
at::Tensor timestep_embedding(const at::Tensor& t, std::int64_t width);

/// The denoising network of Stable Diffusion 1.x and 2.x. Immutable; forward may run in several
/// threads.
class Unet {
 public:
  /// Loads every tensor below `weights` (LDM names: input_blocks, middle_block, output_blocks,
  /// ...). Missing and misshapen tensors are in the weights' ledger; the caller calls
  /// weights.finish().
  Unet(const Weights& weights, const UnetConfig& config, const Compute& compute);
  Unet(Unet&&) noexcept;
  Unet& operator=(Unet&&) noexcept;
  ~Unet();

  /// x [N, in_channels, h, w] and t [N] in float32, context [N, T, context_dim]; any h and w of at
  /// least 1. Returns float32 [N, out_channels, h, w]: noise or velocity, as the model was trained.
  /// Differentiable with respect to x and context. On a CPU each image's result is the same, bit
  /// for bit, whatever N and the number of threads are. Throws InvalidArgument for operands that do
  /// not fit the network or each other.
  at::Tensor forward(const at::Tensor& x,
                     const at::Tensor& t,
                     const at::Tensor& context,
                     const BlockObserver& observer = {}) const;

  const UnetConfig& config() const;
  const Compute& compute() const;

 private:
  struct Layers;
  std::unique_ptr<const Layers> layers_;
};

}  // namespace ptravel
