#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/config.h"
#include "model/layers.h"
#include "tensor/attention.h"

namespace ptravel {

/// Sinusoidal embedding of timesteps: [N] float32 (fractions allowed) gives [N, width] float32,
/// cosines and then sines of t * exp(-ln(10000) i / (width / 2)).
at::Tensor timestep_embedding(const at::Tensor& t, std::int64_t width);

/// A text as the network sees it: the keys and values of all its cross attentions.
struct UnetText {
  std::int64_t tokens = 0;
  std::vector<KeysValues> blocks;
};

/// A timestep as the network sees it: what it adds in each residual block, [1, out] each.
struct UnetTime {
  std::vector<at::Tensor> blocks;
};

/// What one image is drawn by, prepared once for as many calls as it is the same in.
struct UnetConditioning {
  std::shared_ptr<const UnetTime> time;
  std::shared_ptr<const UnetText> text;
};

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

  /// Prepares a text [T, context_dim] or a timestep for this network. Records no gradients.
  std::shared_ptr<const UnetText> prepare_text(const at::Tensor& context) const;
  std::shared_ptr<const UnetTime> prepare_time(float t) const;
  /// The same as above, bit for bit, with a prepared conditioning for each image; texts of one
  /// length, except on a CPU. Records no gradients.
  at::Tensor forward(const at::Tensor& x, const std::vector<UnetConditioning>& images) const;

  const UnetConfig& config() const;
  const Compute& compute() const;

 private:
  struct Layers;
  std::unique_ptr<const Layers> layers_;
};

}  // namespace ptravel
