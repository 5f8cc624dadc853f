#pragma once

#include <ATen/core/Tensor.h>

#include "model/vae.h"
#include "ptravel/image.h"

namespace ptravel {

/// The colours of latents without the VAE: a linear map from the channels of a cell to red, green
/// and blue, the least squares fit to what the VAE makes of a few latents. Rough, but thousands of
/// times faster than decoding. Immutable; any threads.
class LatentColours {
 public:
  /// Decodes a few small latents, always the same ones for a number of channels. Takes as long as
  /// decoding one picture of 256 x 256.
  static LatentColours fit(const Vae& vae);

  /// The picture of a latent [C, h, w], w pixels wide and h high. Values that are not numbers are
  /// grey.
  Image picture(const at::Tensor& latent) const;

 private:
  explicit LatentColours(at::Tensor map) : map_(std::move(map)) {}
  at::Tensor map_;  // [3, C + 1] float32 on the CPU: channels, then a constant
};

}  // namespace ptravel
