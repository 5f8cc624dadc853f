// DPM-Solver++ with noise along a Brownian path: one sampler with two evaluations per step and two
// multistep ones, as k-diffusion has them.
#include <cmath>

#include <ATen/ATen.h>

#include "diffusion/ancestral.h"
#include "diffusion/samplers.h"
#include "schedule/single_precision.h"

namespace ptravel {
namespace {

// t = -ln sigma and back, rounded as latents in single precision round it: Brownian noise depends
// on the last digits of sigma.
class LogTime {
 public:
  explicit LogTime(const at::Tensor& x) : single_(x.scalar_type() != at::kDouble) {}

  double t(double sigma) const { return round(-std::log(sigma)); }
  double sigma(double t) const { return round(std::exp(-t)); }
  double middle(double t, double t_next) const { return round(t + round(round(t_next - t) * 0.5)); }

 private:
  double round(double value) const { return single_ ? to_single(value) : value; }
  bool single_;
};

}  // namespace

at::Tensor sample_dpmpp_sde(const Denoiser& denoiser,
                            at::Tensor x,
                            const Sigmas& sigmas,
                            const SamplerRun& run) {
  const double eta = run.options.eta.value_or(1);
  const LogTime time(x);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    if (sigmas[i + 1] == 0) {
      x = x + (x - denoised) / sigmas[i] * (sigmas[i + 1] - sigmas[i]);
      continue;
    }
    const double t = time.t(sigmas[i]);
    const double t_next = time.t(sigmas[i + 1]);
    const double sigma = time.sigma(t);
    const double sigma_next = time.sigma(t_next);
    const double sigma_mid = time.sigma(time.middle(t, t_next));

    const auto [down_mid, up_mid] = ancestral_split(sigma, sigma_mid, eta);
    at::Tensor x_2 = x * (down_mid / sigma) - denoised * (down_mid / sigma - 1);
    x_2 = x_2 + run.noise.brownian(sigma, sigma_mid, x) * run.options.s_noise * up_mid;
    const at::Tensor denoised_2 = denoiser(x_2, sigma_mid);

    const auto [down, up] = ancestral_split(sigma, sigma_next, eta);
    x = x * (down / sigma) - denoised_2 * (down / sigma - 1);
    x = x + run.noise.brownian(sigma, sigma_next, x) * run.options.s_noise * up;
  }
  return x;
}

namespace {

enum class Correction { Midpoint, Heun };

at::Tensor sample_2m_sde(const Denoiser& denoiser,
                         at::Tensor x,
                         const Sigmas& sigmas,
                         const SamplerRun& run,
                         Correction correction) {
  const double eta = run.options.eta.value_or(1);
  at::Tensor old_denoised;
  double h_last = 0;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    if (sigmas[i + 1] == 0) {
      x = denoised;
      continue;
    }
    const double h = std::log(sigmas[i] / sigmas[i + 1]);
    const double eta_h = eta * h;
    const double shrink = -std::expm1(-h - eta_h);
    x = x * (sigmas[i + 1] / sigmas[i] * std::exp(-eta_h)) + denoised * shrink;
    if (old_denoised.defined()) {
      const double r = h_last / h;
      const double weight =
          correction == Correction::Heun ? 1 - shrink / (h + eta_h) : 0.5 * shrink;
      x = x + (denoised - old_denoised) * (weight / r);
    }
    if (eta != 0) {
      const double up = sigmas[i + 1] * std::sqrt(-std::expm1(-2 * eta_h));
      x = x + run.noise.brownian(sigmas[i], sigmas[i + 1], x) * up * run.options.s_noise;
    }
    old_denoised = denoised;
    h_last = h;
  }
  return x;
}

}  // namespace

at::Tensor sample_dpmpp_2m_sde(const Denoiser& denoiser,
                               at::Tensor x,
                               const Sigmas& sigmas,
                               const SamplerRun& run) {
  return sample_2m_sde(denoiser, std::move(x), sigmas, run, Correction::Midpoint);
}

at::Tensor sample_dpmpp_2m_sde_heun(const Denoiser& denoiser,
                                    at::Tensor x,
                                    const Sigmas& sigmas,
                                    const SamplerRun& run) {
  return sample_2m_sde(denoiser, std::move(x), sigmas, run, Correction::Heun);
}

at::Tensor sample_dpmpp_3m_sde(const Denoiser& denoiser,
                               at::Tensor x,
                               const Sigmas& sigmas,
                               const SamplerRun& run) {
  const double eta = run.options.eta.value_or(1);
  at::Tensor denoised_1, denoised_2;  // One and two steps ago.
  double h_1 = 0, h_2 = 0;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const at::Tensor denoised = denoiser(x, sigmas[i]);
    run.report({static_cast<int>(i), x, denoised, sigmas[i]});
    if (sigmas[i + 1] == 0) {
      x = denoised;
      continue;
    }
    const double h = std::log(sigmas[i] / sigmas[i + 1]);
    const double h_eta = h * (eta + 1);
    x = x * std::exp(-h_eta) - denoised * std::expm1(-h_eta);
    const double phi_2 = std::expm1(-h_eta) / h_eta + 1;
    if (denoised_2.defined()) {
      const double r0 = h_1 / h;
      const double r1 = h_2 / h;
      const at::Tensor d1_0 = (denoised - denoised_1) / r0;
      const at::Tensor d1_1 = (denoised_1 - denoised_2) / r1;
      const at::Tensor d1 = d1_0 + (d1_0 - d1_1) * (r0 / (r0 + r1));
      const at::Tensor d2 = (d1_0 - d1_1) / (r0 + r1);
      const double phi_3 = phi_2 / h_eta - 0.5;
      x = x + d1 * phi_2 - d2 * phi_3;
    } else if (denoised_1.defined()) {
      x = x + (denoised - denoised_1) * (phi_2 * h / h_1);
    }
    if (eta != 0) {
      const double up = sigmas[i + 1] * std::sqrt(-std::expm1(-2 * h * eta));
      x = x + run.noise.brownian(sigmas[i], sigmas[i + 1], x) * up * run.options.s_noise;
    }
    denoised_2 = denoised_1;
    denoised_1 = denoised;
    h_2 = h_1;
    h_1 = h;
  }
  return x;
}

}  // namespace ptravel
