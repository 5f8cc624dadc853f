#pragma once

// The one place that knows what differs between LibTorch 1.13 and 2.x.

#include <ATen/ATen.h>
#include <torch/version.h>

#define PTRAVEL_TORCH_AT_LEAST_2 (TORCH_VERSION_MAJOR >= 2)

namespace ptravel::compat {

/// True when LibTorch brings a public fused attention (2.0 and later).
constexpr bool kHasFusedAttention = PTRAVEL_TORCH_AT_LEAST_2;

/// LibTorch's fused attention on [B, heads, tokens, head_dim]. Call only with kHasFusedAttention.
inline at::Tensor fused_attention(const at::Tensor& query,
                                  const at::Tensor& key,
                                  const at::Tensor& value,
                                  bool causal) {
#if PTRAVEL_TORCH_AT_LEAST_2
  return at::scaled_dot_product_attention(query, key, value, {}, 0.0, causal);
#else
  return {};
#endif
}

}  // namespace ptravel::compat
