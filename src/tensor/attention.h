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
/// in inference it is walked over in blocks that fit the cache, elsewhere in blocks of queries.
at::Tensor attention(const at::Tensor& queries,
                     const at::Tensor& keys,
                     const at::Tensor& values,
                     std::int64_t heads,
                     AttentionMask mask = AttentionMask::None);

}  // namespace ptravel
