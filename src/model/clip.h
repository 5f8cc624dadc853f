#pragma once

#include <vector>

#include "model/config.h"
#include "model/layers.h"

namespace ptravel {

/// The CLIP text transformer (Radford et al. 2021), HuggingFace names. Immutable; forward may run
/// in several threads.
class ClipTextModel {
 public:
  /// Loads every tensor below `weights` ("embeddings", "encoder.layers", "final_layer_norm").
  ClipTextModel(const Weights& weights, const ClipConfig& config, const Compute& compute);

  /// ids [B, tokens] int64, tokens at most max_positions. Returns float32 [B, tokens, width]: the
  /// state after layer num_layers - (clip_skip - 1), put through the final layer norm; clip_skip 1
  /// is the last layer. Throws InvalidArgument for ids outside the vocabulary, too many tokens or a
  /// clip_skip beyond the layers.
  at::Tensor forward(const at::Tensor& ids,
                     std::int64_t clip_skip = 1,
                     const BlockObserver& observer = {}) const;

  /// Token embeddings alone, without positions: [B, tokens, width] float32.
  at::Tensor embed_tokens(const at::Tensor& ids) const;

  const ClipConfig& config() const { return config_; }

 private:
  struct Layer {
    Layer(const Weights& weights, const ClipConfig& config, const Compute& compute);
    at::Tensor operator()(const at::Tensor& x, const ClipConfig& config) const;

    LayerNorm norm1, norm2;
    Linear q, k, v, out, fc1, fc2;
  };
  void check(const at::Tensor& ids, std::int64_t clip_skip) const;

  ClipConfig config_;
  Compute compute_;
  at::Tensor tokens_;     // [vocab_size, width]
  at::Tensor positions_;  // [max_positions, width]
  std::vector<Layer> layers_;
  LayerNorm final_norm_;
};

}  // namespace ptravel
