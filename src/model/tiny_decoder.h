#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "checkpoint/tiny_decoder_file.h"
#include "model/layers.h"

namespace ptravel {

/// The decoder of a tiny autoencoder (TAESD): latents to pictures by a few dozen convolutions.
/// Finer than the colours of cells, rougher than the VAE. Immutable; any threads.
class TinyDecoder {
 public:
  /// Takes every tensor below `weights`, which have the names of TinyDecoderFile.
  TinyDecoder(const Weights& weights, const TinyDecoderConfig& config, const Compute& compute);

  /// Reads what open_tiny_decoder opened. Throws Corrupt with all missing, unused and misshapen
  /// tensors, naming the file.
  static TinyDecoder load(const std::filesystem::path& path, const Compute& compute);

  /// latent [N, C, h, w] as samplers leave it, of a model with the usual scale of its family.
  /// Returns float32 [N, 3, h * factor, w * factor], about [-1, 1], not clamped. `wrap`: what
  /// convolutions see beyond the edges. Throws InvalidArgument for another shape.
  at::Tensor decode(const at::Tensor& latent, Wrap wrap = {}) const;

  const TinyDecoderConfig& config() const { return config_; }

 private:
  /// Three convolutions with ReLU between and after them, beside a path that skips them.
  struct Block {
    std::vector<Conv2d> convolutions;
    at::Tensor operator()(const at::Tensor& x, Wrap wrap) const;
  };
  struct Level {
    Conv2d enlarge;  ///< Of the doubled picture; not in the first level.
    std::vector<Block> blocks;
  };

  TinyDecoderConfig config_;
  Compute compute_;
  Conv2d conv_in_;
  std::vector<Level> levels_;
  Conv2d conv_out_;
};

}  // namespace ptravel
