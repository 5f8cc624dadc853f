#pragma once

#include <optional>
#include <vector>

#include "checkpoint/config.h"
#include "model/layers.h"

namespace ptravel {

/// What the text model makes of B texts.
struct ClipText {
  /// [B, tokens, width] float32: the state after layer num_layers - (clip_skip - 1), put through
  /// the final layer norm where the config says so.
  at::Tensor tokens;
  /// [B, projection] float32: the last layer's state at the end token, projected, whatever
  /// clip_skip is. Undefined where the config has no projection.
  at::Tensor pooled;
};

/// Vectors that stand in place of some of a text's token embeddings (textual inversion).
struct ClipVectors {
  std::int64_t text = 0;   ///< Row of the ids.
  std::int64_t place = 0;  ///< Of the first among the row's tokens, start token included.
  at::Tensor vectors;      ///< [count, width]; what would lie behind the last token is left out.
};

/// The CLIP text transformer (Radford et al. 2021), HuggingFace names. Immutable; forward may run
/// in several threads.
class ClipTextModel {
 public:
  /// Loads every tensor below `weights` ("embeddings", "encoder.layers",
  /// "final_layer_norm", "text_projection" where the config has one).
  ClipTextModel(const Weights& weights, const ClipConfig& config, const Compute& compute);

  /// ids [B, tokens] int64, tokens at most max_positions; clip_skip 1 is the last layer, and what
  /// the config fixes wins. `vectors` take their places before positions are added, the later ones
  /// over the earlier ones. Throws
  /// InvalidArgument for ids outside the vocabulary, too many tokens, a clip_skip beyond the
  /// layers or vectors of another width.
  ClipText encode(const at::Tensor& ids,
                  std::int64_t clip_skip = 1,
                  const BlockObserver& observer = {},
                  const std::vector<ClipVectors>& vectors = {}) const;
  /// encode(...).tokens.
  at::Tensor forward(const at::Tensor& ids,
                     std::int64_t clip_skip = 1,
                     const BlockObserver& observer = {}) const {
    return encode(ids, clip_skip, observer).tokens;
  }

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
  at::Tensor with_vectors(at::Tensor embedded, const std::vector<ClipVectors>& vectors) const;
  /// `states`: behind the final layer norm.
  at::Tensor pool(const at::Tensor& states, const at::Tensor& ids) const;

  ClipConfig config_;
  Compute compute_;
  at::Tensor tokens_;     // [vocab_size, width]
  at::Tensor positions_;  // [max_positions, width]
  std::vector<Layer> layers_;
  LayerNorm final_norm_;
  std::optional<Linear> projection_;
};

}  // namespace ptravel
