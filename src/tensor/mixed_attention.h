#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// How a picture attends to two others between which it lies (He et al., 2024, "AID: Attention
/// Interpolation of Text-to-Image Diffusion").
struct AttentionBlend {
  bool inner = false;  ///< Their keys and values are mixed, else the results of attending to each.
  bool fused = false;  ///< Together with the picture's own keys and values, else without them.
  double share = 0;    ///< Of the second one, 0 to 1.
};

/// What attention looks at: both [tokens, heads * head_dim].
struct KeysAndValues {
  at::Tensor keys;
  at::Tensor values;
};

/// Attention of queries [tokens, heads * head_dim] to `from` and `to`, mixed; `own` is looked at
/// where the blend is fused. Mixed keys and values need as many rows on both sides: throws
/// InvalidArgument otherwise. Records no gradients on a CPU.
at::Tensor mixed_attention(const at::Tensor& queries,
                           const KeysAndValues& own,
                           const KeysAndValues& from,
                           const KeysAndValues& to,
                           std::int64_t heads,
                           const AttentionBlend& blend);

}  // namespace ptravel
