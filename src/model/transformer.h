#pragma once

#include <vector>

#include "model/config.h"
#include "model/layers.h"

namespace ptravel {

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
                        const at::Tensor& context,
                        const at::Tensor& residual = {}) const;

  std::int64_t heads;
  Linear to_q, to_k, to_v, to_out;
};

/// The GEGLU feed-forward: channels to 4 * channels and back.
struct FeedForward {
  FeedForward(const Weights& weights, std::int64_t channels, const Compute& compute);
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& residual = {}) const;

  Linear proj, out;
};

/// Self attention, attention to the text, feed-forward: each behind a layer norm and with a
/// residual.
struct TransformerBlock {
  TransformerBlock(const Weights& weights,
                   std::int64_t channels,
                   std::int64_t context_dim,
                   std::int64_t heads,
                   const Compute& compute);
  at::Tensor operator()(const at::Tensor& x,
                        const at::Tensor& context,
                        const BlockProbe& probe) const;

  LayerNorm norm1, norm2, norm3;
  CrossAttention attn1, attn2;
  FeedForward ff;
};

/// Transformer blocks over the pixels of a picture, between two projections, with a residual.
struct SpatialTransformer {
  SpatialTransformer(const Weights& weights,
                     std::int64_t channels,
                     std::int64_t depth,
                     const UnetConfig& config,
                     const Compute& compute);
  /// x [N, channels, h, w], context [N, S, context_dim].
  at::Tensor operator()(const at::Tensor& x,
                        const at::Tensor& context,
                        const BlockProbe& probe) const;

  GroupNorm norm;
  Linear proj_in, proj_out;
  std::vector<TransformerBlock> blocks;
};

}  // namespace ptravel
