#pragma once

#include <ATen/core/Tensor.h>

namespace ptravel {

/// x * sigmoid(x), element by element.
at::Tensor silu(const at::Tensor& x);

/// x * sigmoid(1.702 x), element by element: CLIP's stand-in for GELU.
at::Tensor quick_gelu(const at::Tensor& x);

/// x * Phi(x) with the exact (erf) distribution function, element by element.
at::Tensor gelu(const at::Tensor& x);

/// The gated linear unit of the transformer blocks (Shazeer 2020): x [..., 2 * width] holds values
/// and then gates; the result [..., width] is value * gelu(gate).
at::Tensor geglu(const at::Tensor& x);

}  // namespace ptravel
