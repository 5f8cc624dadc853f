#pragma once

#include <vector>

#include "model/unet_blocks.h"

namespace ptravel {

/// What the encoder made of a latent.
struct EncodedLatent {
  at::Tensor h;                   ///< Behind the middle block.
  std::vector<at::Tensor> skips;  ///< The result of each input block, first to last.
};

/// input_blocks and middle_block: the half of the UNet that a ControlNet has a copy of. Immutable.
struct UnetEncoder {
  UnetEncoder(UnetBlockBuilder& builder, const Compute& compute);

  /// x [N, in_channels, h, w]. `hint`: [N, model_channels, h, w], what a ControlNet's picture adds
  /// behind the first convolution; undefined: nothing. Throws InvalidArgument for another shape.
  EncodedLatent operator()(const at::Tensor& x,
                           const UnetPass& pass,
                           const BlockProbe& probe,
                           const at::Tensor& hint = {}) const;

  Compute compute;
  std::vector<UnetBlock> inputs;
  std::vector<UnetBlock> middle;
};

/// output_blocks and the last layer: the other half. Immutable.
struct UnetDecoder {
  /// `builder` has built the encoder.
  UnetDecoder(UnetBlockBuilder& builder,
              const Weights& weights,
              const UnetConfig& config,
              const Compute& compute);

  /// Uses up the skips. Returns float32 [N, out_channels, h, w].
  at::Tensor operator()(EncodedLatent encoded, const UnetPass& pass, const BlockProbe& probe) const;

  std::vector<UnetBlock> outputs;
  GroupNorm out_norm;
  Conv2d out_conv;
};

/// What a ControlNet adds to what the encoder made of the same latent. Empty: nothing.
struct ControlResiduals {
  std::vector<at::Tensor> skips;  ///< [N, C, h, w] for each input block; none: nothing is added.
  at::Tensor middle;              ///< The same for the middle block; may be undefined.

  bool empty() const { return skips.empty() && !middle.defined(); }
  /// Of the images [first, first + count).
  ControlResiduals narrow(std::int64_t first, std::int64_t count) const;
};

/// Throws InvalidArgument where residuals do not have the shapes of what they are added to.
EncodedLatent with_residuals(EncodedLatent encoded, const ControlResiduals& residuals);

}  // namespace ptravel
