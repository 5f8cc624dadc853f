#include "diffusion/churn.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace ptravel {
namespace {

/// Sigma is raised by a factor of 1 + gamma. `num_steps` is that of the whole run.
double churn_gamma(const SamplerOptions& options, double sigma, std::size_t num_steps) {
  const bool inside = options.s_tmin <= sigma && (options.s_tmax == 0 || sigma <= options.s_tmax);
  return inside ? std::min(options.s_churn / static_cast<double>(num_steps), std::sqrt(2.0) - 1)
                : 0;
}

}  // namespace

NoisyLatents churn(const at::Tensor& x,
                   const Sigmas& sigmas,
                   std::size_t i,
                   const SamplerRun& run) {
  const double gamma = churn_gamma(run.options, sigmas[i], sigmas.size() - 1);
  const at::Tensor noise = run.noise.next(x);  // Drawn even when it is not used.
  const double sigma_hat = sigmas[i] * (gamma + 1);
  if (!(gamma > 0)) {
    return {x, sigma_hat};
  }
  const double added = std::sqrt(sigma_hat * sigma_hat - sigmas[i] * sigmas[i]);
  return {x + noise * run.options.s_noise * added, sigma_hat};
}

}  // namespace ptravel
