#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/clip.h"
#include "model/unet.h"
#include "model/vae.h"
#include "tensor/compute.h"

#include "bench_options.h"

namespace ptravel::bench {

/// The sizes of a family's networks.
struct NetworkSizes {
  std::vector<ClipConfig> clips;
  UnetConfig unet;
  VaeConfig vae;
};
NetworkSizes sizes_of(const Options& options);

/// A family's networks with weights that depend on nothing but their names and shapes.
struct Networks {
  Networks(const NetworkSizes& sizes, const Compute& compute);

  std::vector<ClipTextModel> clips;
  Unet unet;
  Vae vae;
};

/// What the networks are given, on the CPU: random numbers, always the same.
struct Inputs {
  Inputs(const NetworkSizes& sizes, const Options& options, std::int64_t frames);

  at::Tensor ids;      ///< [2, 77]
  at::Tensor latents;  ///< [frames, 4, h, w]
  at::Tensor
      contexts;  ///< [2 frames, 77, context_dim]: of frame i, 2 i with the prompt, then without.
  at::Tensor vectors;  ///< [2 frames, vector_dim], or undefined.
  at::Tensor image;    ///< [1, 3, H, W]
};

/// Guided frames as a travel gives them to the UNet: two rows each, texts and time prepared.
class GuidedFrames {
 public:
  GuidedFrames(const Unet& unet, const Inputs& inputs);

  /// The UNet's answer to frames `first` to `first + count - 1` in one call, [2 count, 4, h, w].
  at::Tensor step(std::int64_t first, std::int64_t count) const;

 private:
  const Unet& unet_;
  at::Tensor rows_;  // [2 frames, 4, h, w], on the device
  std::vector<UnetConditioning> conditionings_;
};

}  // namespace ptravel::bench
