#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// Which keys a query sees.
enum class AttentionMask {
  None,
  Causal,  ///< Query i sees keys 0 to i.
};

/// Scaled dot-product attention: softmax(q k^T / sqrt(head_dim)) v for every head.
/// queries [N, Tq, heads * head_dim], keys and values [N, Tk, heads * head_dim]; the result is like
/// the queries. Softmax and sums are fp32. The matrix of scores never exists as a whole: on a CPU
/// it is walked over in blocks that fit the cache, also in the gradient, elsewhere in blocks of
/// queries. Differentiable, on a CPU once (no second derivatives).
at::Tensor attention(const at::Tensor& queries,
                     const at::Tensor& keys,
                     const at::Tensor& values,
                     std::int64_t heads,
                     AttentionMask mask = AttentionMask::None);

}  // namespace ptravel
