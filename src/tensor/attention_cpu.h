#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tensor/attention.h"

namespace ptravel {

// Attention by the CPU's kernels, for fp32 and bf16; operands as for `attention`.

/// Without gradients. Where `logsums` [N, heads, Tq] float32 is defined, it receives the logarithm
/// of each query's sum of exponentials.
at::Tensor attention_on_cpu(const at::Tensor& queries,
                            const at::Tensor& keys,
                            const at::Tensor& values,
                            std::int64_t heads,
                            AttentionMask mask,
                            const at::Tensor& logsums = {});

/// Lays out one image's keys and values [Tk, heads * head_dim] for the kernels: [heads, floats].
at::Tensor pack_keys_values(const at::Tensor& keys, const at::Tensor& values, std::int64_t heads);

/// Attention to what pack_keys_values laid out for each image.
at::Tensor attention_on_cpu(const at::Tensor& queries,
                            const std::vector<const KeysValues*>& images);

/// The same, differentiable, once (no second derivatives). The matrix of scores never exists as a
/// whole, neither forward nor backward. Gradients are the same for every number of threads.
at::Tensor differentiable_attention(const at::Tensor& queries,
                                    const at::Tensor& keys,
                                    const at::Tensor& values,
                                    std::int64_t heads,
                                    AttentionMask mask);

}  // namespace ptravel
