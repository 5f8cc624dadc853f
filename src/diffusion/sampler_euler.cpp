// Euler steps: algorithm 2 of Karras et al., "Elucidating the design space of diffusion-based
// generative models", 2022, without its correction, and the ancestral variant.
#include <ATen/ATen.h>

#include "diffusion/ancestral.h"
#include "diffusion/churn.h"
#include "diffusion/samplers.h"

namespace ptravel {

void SamplerRun::report(const SamplerStep& step) const {
  if (check_cancelled) {
    check_cancelled();
  }
  if (on_step) {
    on_step(step);
  }
}

at::Tensor sample_euler(const Denoiser& denoiser,
                        at::Tensor x,
                        const Sigmas& sigmas,
                        const SamplerRun& run) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [x_hat, sigma_hat] = churn(x, sigmas, i, run);
    const at::Tensor denoised = denoiser(x_hat, sigma_hat);
    run.report({static_cast<int>(i), x_hat, denoised, sigmas[i]});
    const at::Tensor d = (x_hat - denoised) / sigma_hat;
    x = x_hat + d * (sigmas[i + 1] - sigma_hat);
  }
  return x;
}

at::Tensor sample_euler_ancestral(const Denoiser& denoiser,
                                  at::Tensor x,
                                  const Sigmas& sigmas,
                                  const SamplerRun& run) {
  const double eta = run.options.eta.value_or(1);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    const auto [sigma_down, sigma_up] = ancestral_split(sigmas[i], sigmas[i + 1], eta);
    const at::Tensor d = (x - denoised) / sigmas[i];
    x = x + d * (sigma_down - sigmas[i]);
    if (sigmas[i + 1] > 0) {
      x = x + run.noise.next(x) * run.options.s_noise * sigma_up;
    }
  }
  return x;
}

// Luo et al., "Latent consistency models", 2023: jump to the clean picture, noise it again.
at::Tensor sample_lcm(const Denoiser& denoiser,
                      at::Tensor x,
                      const Sigmas& sigmas,
                      const SamplerRun& run) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    x = denoised;
    if (sigmas[i + 1] > 0) {
      x = x + run.noise.next(x) * sigmas[i + 1];
    }
  }
  return x;
}

}  // namespace ptravel
