#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "tensor/norm.h"

namespace ptravel {

/// One group normalisation: how it is divided, its epsilon, and what follows it.
struct GroupNormRun {
  std::int64_t groups = 32;
  double eps = 1e-5;
  AfterNorm after = AfterNorm::Nothing;
};

/// What group normalisation does to a picture, as numbers in fp32.
struct GroupStatistics {
  at::Tensor factors;  ///< [N, 2, C]: y = x * factors[n, 0, c] + factors[n, 1, c].
  at::Tensor groups;   ///< [N, groups, 2]: mean and 1 / standard deviation.
};

// The loops of group normalisation on a CPU, for fp32 and bf16. Pictures are [N, C, H, W] in
// channels-last memory; weight and bias are [C] in any format.

/// Without gradients; x may lie in memory in any way.
at::Tensor group_norm_on_cpu(const at::Tensor& x,
                             const at::Tensor& weight,
                             const at::Tensor& bias,
                             const GroupNormRun& run);

/// The same, differentiable with respect to x, weight and bias; once (no second derivatives).
at::Tensor differentiable_group_norm(const at::Tensor& x,
                                     const at::Tensor& weight,
                                     const at::Tensor& bias,
                                     const GroupNormRun& run);

/// `parts` lie side by side in the picture's channels.
GroupStatistics group_statistics(at::TensorList parts,
                                 const at::Tensor& weight,
                                 const at::Tensor& bias,
                                 const GroupNormRun& run);
/// Writes to `out`, which has the channels of all parts; all in channels-last memory, perhaps rows
/// of larger pictures.
void apply_group_norm(at::TensorList parts,
                      const at::Tensor& factors,
                      AfterNorm after,
                      at::Tensor& out);

/// Sums over each image and channel of g and of g * x, where g is the gradient in front of the
/// SiLU: [N, 2, C].
at::Tensor group_norm_gradient_sums(const at::Tensor& x,
                                    const at::Tensor& grad,
                                    const at::Tensor& factors,
                                    AfterNorm after);

/// The gradient with respect to x: g * factors[n, 0, c] + x * terms[n, 0, c] + terms[n, 1, c].
at::Tensor group_norm_gradient(const at::Tensor& x,
                               const at::Tensor& grad,
                               const at::Tensor& factors,
                               const at::Tensor& terms,
                               AfterNorm after);

}  // namespace ptravel
