#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/config.h"
#include "model/layers.h"
#include "model/transformer.h"

namespace ptravel {

/// A text as the network sees it: the keys and values of all its cross attentions.
struct UnetText {
  std::int64_t tokens = 0;
  std::vector<KeysValues> blocks;
  AttendedContext context;  ///< [tokens, context_dim] as the network computes with it.
  /// On a card: the memory of all keys and values, one after the other; undefined elsewhere.
  at::Tensor memory = {};

  /// The same text with its keys and values in `other`, a memory like this one.
  UnetText in_memory(const at::Tensor& other) const;
};

/// A timestep (and a vector, where the network takes one) as the network sees it: what it adds in
/// each residual block, [1, out] each.
struct UnetTime {
  std::vector<at::Tensor> blocks;
  at::Tensor memory = {};  ///< As a text's.

  /// As UnetText has it.
  UnetTime in_memory(const at::Tensor& other) const;
};

/// What all blocks of one forward pass share.
struct UnetPass {
  at::Tensor time_silu;  ///< [N, time width]; undefined where the images' times are prepared.
  std::vector<std::shared_ptr<const UnetTime>> times;
  TextView text;  ///< Its context is unrounded where it wants a gradient.
  Wrap wrap;      ///< Of the convolutions.
};

/// Two convolutions with the time embedding between them, and a residual.
struct ResBlock {
  /// `parts`: channels of the pictures that come in side by side; `place`: the block's number among
  /// all of the network's.
  ResBlock(const Weights& weights,
           const std::vector<std::int64_t>& parts,
           std::int64_t out,
           std::size_t place,
           const UnetConfig& config,
           const Compute& compute);
  /// Pictures [N, parts[i], h, w].
  at::Tensor operator()(at::TensorList parts, const UnetPass& pass) const;
  /// What the images' times add after the first convolution, [N, out].
  at::Tensor time_bias(const UnetPass& pass) const;

  std::size_t place;
  GroupNorm in_norm;
  Conv2d in_conv;
  Linear time;
  GroupNorm out_norm;
  Conv2d out_conv;
  std::optional<PixelLinear> skip;
};

/// One entry of input_blocks, middle_block or output_blocks. Each layer is optional; they run in
/// this order.
struct UnetBlock {
  std::string name;
  std::optional<Conv2d> conv;  ///< The very first convolution, or a downsampling one.
  std::optional<ResBlock> res;
  std::optional<SpatialTransformer> transformer;
  std::optional<Conv2d> upsample;

  /// The picture that comes in, and in the decoder one that joins it.
  at::Tensor operator()(at::TensorList parts, const UnetPass& pass, const BlockProbe& probe) const;
};

/// Builds blocks in the order that they run in, keeping track of the channels and of the places
/// that residual and transformer blocks have in UnetTime and UnetText.
class UnetBlockBuilder {
 public:
  UnetBlockBuilder(const Weights& weights, const UnetConfig& config, const Compute& compute);

  /// input_blocks: the down half.
  std::vector<UnetBlock> inputs();
  /// The three parts of middle_block.
  std::vector<UnetBlock> middle();
  /// output_blocks: the up half; inputs() and middle() come first.
  std::vector<UnetBlock> outputs();

  /// Channels of the result of each input block.
  const std::vector<std::int64_t>& skip_channels() const { return skip_channels_; }

 private:
  std::size_t levels() const { return config_.channel_mult.size(); }
  std::int64_t width(std::size_t level) const;
  Weights layer(const UnetBlock& block, int number) const;
  void add_res(UnetBlock& block,
               const Weights& weights,
               const std::vector<std::int64_t>& parts,
               std::int64_t out);
  /// Transformer blocks with the heads of `level`.
  void add_transformer(UnetBlock& block,
                       const Weights& weights,
                       std::size_t level,
                       std::int64_t depth);
  void finish_input(std::vector<UnetBlock>& blocks, UnetBlock block);

  Weights weights_;
  UnetConfig config_;
  Compute compute_;
  std::int64_t channels_;
  std::vector<std::int64_t> skip_channels_;
  std::size_t res_blocks_ = 0;
  std::size_t transformer_blocks_ = 0;
};

/// Sinusoidal embedding of timesteps: [N] float32 (fractions allowed) gives [N, width] float32,
/// cosines and then sines of t * exp(-ln(10000) i / (width / 2)).
at::Tensor timestep_embedding(const at::Tensor& t, std::int64_t width);

/// The embedding of timesteps that the residual blocks take, with a vector added to it where the
/// network takes one. In full precision always.
struct TimeEmbedding {
  TimeEmbedding() = default;
  TimeEmbedding(const Weights& weights, const UnetConfig& config, const Compute& compute);
  /// t [N], vector [N, vector_dim] or undefined; [N, time width] float32, behind its SiLU.
  at::Tensor operator()(const at::Tensor& t,
                        const at::Tensor& vector,
                        const BlockProbe& probe,
                        const at::Tensor& strengths = {}) const;

  std::int64_t frequencies = 0;
  Linear time1, time2;
  std::optional<Linear> vector1, vector2;
};

/// How the UNet's residual blocks and its last layer normalise.
GroupNormOptions unet_norm(const UnetConfig& config);

}  // namespace ptravel
