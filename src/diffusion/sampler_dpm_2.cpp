// Midpoint steps after DPM-Solver-2 (Lu et al., 2022) in the form of Karras et al., 2022.
#include <cmath>

#include <ATen/ATen.h>

#include "diffusion/ancestral.h"
#include "diffusion/churn.h"
#include "diffusion/samplers.h"

namespace ptravel {

at::Tensor sample_dpm_2(const Denoiser& denoiser,
                        at::Tensor x,
                        const Sigmas& sigmas,
                        const SamplerRun& run) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [x_hat, sigma_hat] = churn(x, sigmas, i, run);
    const at::Tensor denoised = denoiser(x_hat, sigma_hat);
    run.report({static_cast<int>(i), x_hat, denoised, sigmas[i]});
    const at::Tensor d = (x_hat - denoised) / sigma_hat;
    if (sigmas[i + 1] == 0) {
      x = x_hat + d * (sigmas[i + 1] - sigma_hat);
    } else {
      const double sigma_mid = std::sqrt(sigma_hat * sigmas[i + 1]);
      const at::Tensor x_2 = x_hat + d * (sigma_mid - sigma_hat);
      const at::Tensor d_2 = (x_2 - denoiser(x_2, sigma_mid)) / sigma_mid;
      x = x_hat + d_2 * (sigmas[i + 1] - sigma_hat);
    }
  }
  return x;
}

at::Tensor sample_dpm_2_ancestral(const Denoiser& denoiser,
                                  at::Tensor x,
                                  const Sigmas& sigmas,
                                  const SamplerRun& run) {
  const double eta = run.options.eta.value_or(1);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    const auto [sigma_down, sigma_up] = ancestral_split(sigmas[i], sigmas[i + 1], eta);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    const at::Tensor d = (x - denoised) / sigmas[i];
    if (sigma_down == 0) {
      x = x + d * (sigma_down - sigmas[i]);
    } else {
      const double sigma_mid = std::sqrt(sigmas[i] * sigma_down);
      const at::Tensor x_2 = x + d * (sigma_mid - sigmas[i]);
      const at::Tensor d_2 = (x_2 - denoiser(x_2, sigma_mid)) / sigma_mid;
      x = x + d_2 * (sigma_down - sigmas[i]);
      x = x + run.noise.next(x) * run.options.s_noise * sigma_up;
    }
  }
  return x;
}

}  // namespace ptravel
