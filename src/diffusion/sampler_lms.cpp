// Linear multistep of order four: Adams-Bashforth with unequal steps.
#include <algorithm>
#include <cmath>
#include <deque>

#include <ATen/ATen.h>

#include "diffusion/samplers.h"

namespace ptravel {
namespace {

// The integral from sigmas[i] to sigmas[i + 1] of the Lagrange polynomial that is 1 at
// sigmas[i - j] and 0 at the other sigmas[i - k], k < order. Two Gauss-Legendre points integrate
// polynomials up to the third degree, hence all of these, exactly.
double lagrange_integral(const Sigmas& sigmas, std::size_t i, int order, int j) {
  const double middle = 0.5 * (sigmas[i] + sigmas[i + 1]);
  const double half = 0.5 * (sigmas[i + 1] - sigmas[i]);
  double sum = 0;
  for (const double node : {-1 / std::sqrt(3.0), 1 / std::sqrt(3.0)}) {
    double value = 1;
    for (int k = 0; k < order; ++k) {
      if (k != j) {
        value *= (middle + half * node - sigmas[i - k]) / (sigmas[i - j] - sigmas[i - k]);
      }
    }
    sum += value;
  }
  return half * sum;
}

}  // namespace

at::Tensor sample_lms(const Denoiser& denoiser,
                      at::Tensor x,
                      const Sigmas& sigmas,
                      const SamplerRun& run) {
  constexpr std::size_t kOrder = 4;
  std::deque<at::Tensor> derivatives;  // Newest first.
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    derivatives.push_front((x - denoised) / sigmas[i]);
    if (derivatives.size() > kOrder) {
      derivatives.pop_back();
    }
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    const int order = static_cast<int>(derivatives.size());
    at::Tensor change = at::zeros_like(x);
    for (int j = 0; j < order; ++j) {
      change = change + derivatives[j] * lagrange_integral(sigmas, i, order, j);
    }
    x = x + change;
  }
  return x;
}

}  // namespace ptravel
