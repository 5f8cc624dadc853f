// Heun steps: algorithm 2 of Karras et al., 2022, and the restart sampler of Xu et al., "Restart
// sampling for improving generative processes", 2023, with the web UI's choice of restarts.
#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "diffusion/churn.h"
#include "diffusion/samplers.h"

namespace ptravel {

at::Tensor sample_heun(const Denoiser& denoiser,
                       at::Tensor x,
                       const Sigmas& sigmas,
                       const SamplerRun& run) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [x_hat, sigma_hat] = churn(x, sigmas, i, run);
    const at::Tensor denoised = denoiser(x_hat, sigma_hat);
    run.report({static_cast<int>(i), x_hat, denoised, sigmas[i]});
    const at::Tensor d = (x_hat - denoised) / sigma_hat;
    const double dt = sigmas[i + 1] - sigma_hat;
    if (sigmas[i + 1] == 0) {
      x = x_hat + d * dt;
    } else {
      const at::Tensor x_2 = x_hat + d * dt;
      const at::Tensor d_2 = (x_2 - denoiser(x_2, sigmas[i + 1])) / sigmas[i + 1];
      x = x_hat + (d + d_2) / 2 * dt;
    }
  }
  return x;
}

namespace {

struct RestartStep {
  double sigma;
  double sigma_next;
};

std::size_t nearest_index(const Sigmas& sigmas, double sigma) {
  const auto nearest = std::min_element(sigmas.begin(), sigmas.end(), [sigma](double a, double b) {
    return std::abs(a - sigma) < std::abs(b - sigma);
  });
  return static_cast<std::size_t>(nearest - sigmas.begin());
}

// Every step of the run in order; a step that begins above the end of the one before is a restart.
std::vector<RestartStep> plan_restarts(Sigmas sigmas) {
  constexpr double kRestartAt = 0.1;
  constexpr double kBackTo = 2;
  const int num_steps = static_cast<int>(sigmas.size()) - 1;
  const int times = num_steps >= 36 ? 2 : num_steps >= 20 ? 1 : 0;
  const int length = num_steps >= 36 ? num_steps / 4 : 9;
  if (times > 0) {
    sigmas = karras_sigmas(num_steps - length * times, sigmas[sigmas.size() - 2], sigmas.front());
  }
  const std::size_t low = nearest_index(sigmas, kRestartAt);
  const std::size_t high = nearest_index(sigmas, kBackTo);
  std::vector<RestartStep> steps;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    steps.push_back({sigmas[i], sigmas[i + 1]});
    if (i + 1 != low || high >= low) {
      continue;
    }
    const Sigmas loop = karras_sigmas(length + 1, sigmas[low], sigmas[high]);
    for (int time = 0; time < times; ++time) {
      for (std::size_t j = 0; j + 2 < loop.size(); ++j) {
        steps.push_back({loop[j], loop[j + 1]});
      }
    }
  }
  return steps;
}

}  // namespace

at::Tensor sample_restart(const Denoiser& denoiser,
                          at::Tensor x,
                          const Sigmas& sigmas,
                          const SamplerRun& run) {
  const std::vector<RestartStep> steps = plan_restarts(sigmas);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto [sigma, sigma_next] = steps[i];
    if (i > 0 && steps[i - 1].sigma_next < sigma) {
      const double reached = steps[i - 1].sigma_next;
      const double added = std::sqrt(sigma * sigma - reached * reached);
      x = x + run.noise.next(x) * run.options.s_noise * added;
    }
    const at::Tensor denoised = denoiser(x, sigma);
    run.report({static_cast<int>(i), x, denoised, sigma});
    const at::Tensor d = (x - denoised) / sigma;
    const double dt = sigma_next - sigma;
    if (sigma_next == 0) {
      x = x + d * dt;
    } else {
      const at::Tensor x_2 = x + d * dt;
      const at::Tensor d_2 = (x_2 - denoiser(x_2, sigma_next)) / sigma_next;
      x = x + (d + d_2) / 2 * dt;
    }
  }
  return x;
}

}  // namespace ptravel
