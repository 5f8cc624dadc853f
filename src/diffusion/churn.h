#pragma once

#include <cstddef>

#include <ATen/core/Tensor.h>

#include "diffusion/samplers.h"

namespace ptravel {

/// Latents with the noise level of `sigma`.
struct NoisyLatents {
  at::Tensor x;
  double sigma = 0;
};

/// Raises the noise of x before step `i` (Karras et al., 2022, algorithm 2, lines 4 to 6), where
/// s_churn and its limits ask for it. Draws noise in any case, as the reference does.
NoisyLatents churn(const at::Tensor& x, const Sigmas& sigmas, std::size_t i, const SamplerRun& run);

}  // namespace ptravel
