#pragma once

#include <memory>

#include "checkpoint/config.h"
#include "model/layers.h"

namespace ptravel {

/// The distribution of latents that the encoder sees in a picture, before the scale factor.
struct LatentDistribution {
  at::Tensor mean;    ///< float32 [N, embed_dim, h, w]
  at::Tensor logvar;  ///< Clamped to [-30, 20].
  at::Tensor std;     ///< exp(logvar / 2)
};

/// What was made a latent [N, C, h, w] of: Vae::to_latent undone, in float32 and on its device.
at::Tensor unscaled_latent(const VaeConfig& config, const at::Tensor& latent);

/// The autoencoder of latent diffusion (AutoencoderKL of the public CompVis implementation).
/// Immutable; both directions may run in several threads. Memory is a few times the largest
/// activation (256 channels at full size); attention is computed in blocks.
class Vae {
 public:
  /// Loads every tensor below `weights` ("encoder", "decoder", "quant_conv", "post_quant_conv"). In
  /// fp16 also in fp32: some VAEs have numbers that are too large for fp16, and a picture for which
  /// that shows is computed again.
  Vae(const Weights& weights, const VaeConfig& config, const Compute& compute);
  Vae(Vae&&) noexcept;
  Vae& operator=(Vae&&) noexcept;
  ~Vae();

  /// image float32 [N, 3, H, W] in [-1, 1], sides of at least factor(); what makes no whole cell at
  /// the right and below is seen by the cells beside it. to_latent makes a latent of a sample.
  /// `wrap`: what convolutions see beyond the edges; those that halve the size always see zeros, as
  /// in the web UI. Throws InvalidArgument for another shape.
  LatentDistribution encode(const at::Tensor& image,
                            Wrap wrap = {},
                            const BlockObserver& observer = {}) const;

  /// What samplers take: a sample or the mean of a distribution [N, embed_dim, h, w] times the
  /// scale factor, where the config says so without its channels' means and deviations.
  at::Tensor to_latent(const at::Tensor& sample) const;

  /// latent [N, z, h, w] as the sampler leaves it; what to_latent did is undone here. Returns
  /// float32 [N, 3, h * factor, w * factor], about [-1, 1], not clamped. Throws InvalidArgument for
  /// another shape.
  at::Tensor decode(const at::Tensor& latent,
                    Wrap wrap = {},
                    const BlockObserver& observer = {}) const;

  const VaeConfig& config() const;
  const Compute& compute() const;

 private:
  struct Layers;
  LatentDistribution encode(const Layers& net,
                            const at::Tensor& image,
                            Wrap wrap,
                            const BlockObserver& observer) const;
  at::Tensor decode(const Layers& net,
                    const at::Tensor& latent,
                    Wrap wrap,
                    const BlockObserver& observer) const;

  std::unique_ptr<const Layers> layers_;
  std::unique_ptr<const Layers> wide_;  // in fp32, where layers_ are in fp16
};

}  // namespace ptravel
