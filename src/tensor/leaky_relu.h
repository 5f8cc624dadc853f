#pragma once

#include <ATen/core/Tensor.h>

namespace ptravel {

/// x where it is positive, slope * x elsewhere, in the memory of `x`, a picture [N, C, h, w] that
/// nobody else holds. Not differentiable.
at::Tensor leaky_relu(at::Tensor x, double slope);

/// The same with a slope for each channel, `slopes` [C] in float32 (PReLU, He et al. 2015).
at::Tensor leaky_relu(at::Tensor x, const at::Tensor& slopes);

}  // namespace ptravel
