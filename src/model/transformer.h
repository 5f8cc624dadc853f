#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/config.h"
#include "model/hypernetwork.h"
#include "model/layers.h"
#include "tensor/attention.h"
#include "tensor/mixed_attention.h"

namespace ptravel {

/// An image that attends to two others of its pass, and to their texts [S, context_dim].
struct MixedImage {
  std::size_t from = 0;  ///< Numbers of the two images.
  std::size_t to = 0;
  AttentionBlend blend;
  AttendedContext context;  ///< Its own text.
  AttendedContext from_context;
  AttendedContext to_context;
};

/// Attention of tokens to a context, all heads in one: to_q, to_k, to_v without bias, to_out with.
struct CrossAttention {
  CrossAttention(const Weights& weights,
                 std::int64_t channels,
                 std::int64_t context_dim,
                 std::int64_t heads,
                 const Compute& compute);
  /// x [N, T, channels], context [N, S, context_dim] in any format; adds `residual` where
  /// defined.
  at::Tensor operator()(const at::Tensor& x,
                        const AttendedContext& context,
                        const at::Tensor& residual = {},
                        const at::Tensor& strengths = {}) const;
  /// What attention to one image's context [S, context_dim] needs of it; its strengths [1, slots].
  KeysValues keys_values(const AttendedContext& context, const at::Tensor& strengths = {}) const;
  /// The same as above with what `keys_values` made of each image's context.
  at::Tensor operator()(const at::Tensor& x,
                        const std::vector<const KeysValues*>& images,
                        const at::Tensor& residual,
                        const at::Tensor& strengths = {}) const;

  /// Self attention where some images attend to others: x and its context [N, T, channels], N of
  /// `mixed`.
  at::Tensor operator()(const at::Tensor& x,
                        const AttendedContext& context,
                        const std::vector<std::optional<MixedImage>>& mixed,
                        const at::Tensor& residual,
                        const at::Tensor& strengths = {}) const;
  /// The same to texts; `images` as above.
  at::Tensor operator()(const at::Tensor& x,
                        const std::vector<const KeysValues*>& images,
                        const std::vector<std::optional<MixedImage>>& mixed,
                        const at::Tensor& residual,
                        const at::Tensor& strengths = {}) const;

  std::int64_t heads;
  Linear to_q, to_k, to_v, to_out;

 private:
  KeysAndValues mixable(const AttendedContext& context, const at::Tensor& strengths) const;
};

/// The texts that a pass goes by, one for each image.
struct TextView {
  at::Tensor context;  ///< [N, S, context_dim]; undefined where `prepared` has the texts.
  /// The keys and values of each image's text in all blocks.
  std::vector<const std::vector<KeysValues>*> prepared;
  /// By image, null for those that attend to themselves alone; empty: none is mixed.
  std::vector<std::optional<MixedImage>> mixed;
  /// By image, what acts on its contexts (prepared texts have it in them); empty: nothing does.
  std::vector<const std::vector<HypernetworkUse>*> hypernetworks;
  /// By image and slot, how strongly side branches act, [N, slots] (prepared texts have it in
  /// them); undefined: they do not.
  at::Tensor strengths;

  /// Contexts [N, tokens, width], one for each image, as its keys and values are made of them. What
  /// acts on them computes in `dtype`.
  AttendedContext attended(const at::Tensor& contexts, at::ScalarType dtype) const;
};

/// The GEGLU feed-forward: channels to 4 * channels and back.
struct FeedForward {
  FeedForward(const Weights& weights, std::int64_t channels, const Compute& compute);
  at::Tensor operator()(const at::Tensor& x,
                        const at::Tensor& residual = {},
                        const at::Tensor& strengths = {}) const;

  Linear proj, out;
};

/// Self attention, attention to the text, feed-forward: each behind a layer norm and with a
/// residual.
struct TransformerBlock {
  /// `place`: the block's number among all of the network's.
  TransformerBlock(const Weights& weights,
                   std::int64_t channels,
                   std::int64_t heads,
                   std::size_t place,
                   const UnetConfig& config,
                   const Compute& compute);
  /// `name`: the block's among those of its spatial transformer, for the probe.
  at::Tensor operator()(const at::Tensor& x,
                        const TextView& text,
                        const BlockProbe& probe,
                        const std::string& name) const;

  std::size_t place;
  LayerNorm norm1, norm2, norm3;
  CrossAttention attn1, attn2;
  FeedForward ff;

 private:
  at::Tensor attend_to_text(const at::Tensor& x,
                            const TextView& text,
                            const at::Tensor& residual) const;
};

/// Transformer blocks over the pixels of a picture, between two projections, with a residual.
struct SpatialTransformer {
  SpatialTransformer(const Weights& weights,
                     std::int64_t channels,
                     std::int64_t heads,
                     std::int64_t depth,
                     std::size_t first_place,
                     const UnetConfig& config,
                     const Compute& compute);
  /// x [N, channels, h, w].
  at::Tensor operator()(const at::Tensor& x, const TextView& text, const BlockProbe& probe) const;

  GroupNorm norm;
  Linear proj_in, proj_out;
  std::vector<TransformerBlock> blocks;
};

}  // namespace ptravel
