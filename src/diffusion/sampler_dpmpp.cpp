// DPM-Solver++ (Lu et al., 2022): algorithm 1 with ancestral noise (2S) and algorithm 2 (2M).
#include <cmath>

#include <ATen/ATen.h>

#include "diffusion/ancestral.h"
#include "diffusion/samplers.h"

namespace ptravel {

at::Tensor sample_dpmpp_2s_ancestral(const Denoiser& denoiser,
                                     at::Tensor x,
                                     const Sigmas& sigmas,
                                     const SamplerRun& run) {
  const double eta = run.options.eta.value_or(1);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    const auto [sigma_down, sigma_up] = ancestral_split(sigmas[i], sigmas[i + 1], eta);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    if (sigma_down == 0) {
      x = x + (x - denoised) / sigmas[i] * (sigma_down - sigmas[i]);
    } else {
      const double h = std::log(sigmas[i] / sigma_down);
      const double sigma_mid = std::sqrt(sigmas[i] * sigma_down);
      const at::Tensor x_2 = x * (sigma_mid / sigmas[i]) - denoised * std::expm1(-h / 2);
      const at::Tensor denoised_2 = denoiser(x_2, sigma_mid);
      x = x * (sigma_down / sigmas[i]) - denoised_2 * std::expm1(-h);
    }
    if (sigmas[i + 1] > 0) {
      x = x + run.noise.next(x) * run.options.s_noise * sigma_up;
    }
  }
  return x;
}

at::Tensor sample_dpmpp_2m(const Denoiser& denoiser,
                           at::Tensor x,
                           const Sigmas& sigmas,
                           const SamplerRun& run) {
  at::Tensor old_denoised;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    if (sigmas[i + 1] == 0) {
      x = denoised;
    } else {
      const double h = std::log(sigmas[i] / sigmas[i + 1]);
      at::Tensor denoised_d = denoised;
      if (old_denoised.defined()) {
        const double r = std::log(sigmas[i - 1] / sigmas[i]) / h;
        denoised_d = denoised * (1 + 1 / (2 * r)) - old_denoised * (1 / (2 * r));
      }
      x = x * (sigmas[i + 1] / sigmas[i]) - denoised_d * std::expm1(-h);
    }
    old_denoised = denoised;
  }
  return x;
}

}  // namespace ptravel
