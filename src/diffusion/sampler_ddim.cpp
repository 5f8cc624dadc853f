// DDIM (Song et al., 2021), DDIM with CFG++ (Chung et al., 2024) and PLMS (Liu et al., 2022).
#include <cmath>
#include <deque>
#include <string>

#include <ATen/ATen.h>

#include "diffusion/samplers.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

struct DdimResult {
  at::Tensor x;
  at::Tensor denoised;
};

// From the level alpha to alpha_prev: eps gives the clean latents, `direction` points back to the
// noise; sigma leaves room for fresh noise.
DdimResult ddim_step(
    const at::Tensor& x, const GuidedEps& eps, double alpha, double alpha_prev, double sigma) {
  const at::Tensor denoised = (x - eps.guided * std::sqrt(1 - alpha)) / std::sqrt(alpha);
  const double towards = std::sqrt(1 - alpha_prev - sigma * sigma);
  return {denoised * std::sqrt(alpha_prev) + eps.uncond * towards, denoised};
}

enum class Direction { Guided, Uncond };

at::Tensor run_ddim(const EpsModel& model,
                    at::Tensor x,
                    const TimestepPlan& plan,
                    const SamplerRun& run,
                    Direction direction) {
  const double eta = run.options.eta.value_or(0);
  if (!(eta >= 0 && eta <= 1)) {
    throw Error(ErrorCode::InvalidArgument,
                "[ddim] eta: expected 0 to 1, got " + std::to_string(eta));
  }
  const int last = static_cast<int>(plan.timesteps.size()) - 1;
  for (int index = last; index > 0; --index) {
    const std::int64_t t = plan.timesteps[index];
    const double alpha = plan.alphas_cumprod.at(t);
    const double alpha_prev = plan.alphas_cumprod.at(plan.timesteps[index - 1]);
    const double sigma = eta * std::sqrt((1 - alpha_prev) / (1 - alpha) * (1 - alpha / alpha_prev));
    GuidedEps eps = model(x, static_cast<double>(t));
    if (direction == Direction::Guided) {
      eps.uncond = eps.guided;
    }
    const auto [x_prev, denoised] = ddim_step(x, eps, alpha, alpha_prev, sigma);
    x = x_prev + run.noise.next(x) * sigma;  // Drawn even when sigma is 0.
    run.report({last - index, x, denoised, static_cast<double>(t)});
  }
  return x;
}

// The Adams-Bashforth combination of this eps and up to three older ones, newest first.
at::Tensor multistep_eps(const at::Tensor& e, const std::deque<at::Tensor>& old) {
  if (old.size() == 1) {
    return (e * 3 - old[0]) / 2;
  }
  if (old.size() == 2) {
    return (e * 23 - old[0] * 16 + old[1] * 5) / 12;
  }
  return (e * 55 - old[0] * 59 + old[1] * 37 - old[2] * 9) / 24;
}

}  // namespace

at::Tensor sample_ddim(const EpsModel& model,
                       at::Tensor x,
                       const TimestepPlan& plan,
                       const SamplerRun& run) {
  return run_ddim(model, std::move(x), plan, run, Direction::Guided);
}

at::Tensor sample_ddim_cfgpp(const EpsModel& model,
                             at::Tensor x,
                             const TimestepPlan& plan,
                             const SamplerRun& run) {
  return run_ddim(model, std::move(x), plan, run, Direction::Uncond);
}

at::Tensor sample_plms(const EpsModel& model,
                       at::Tensor x,
                       const TimestepPlan& plan,
                       const SamplerRun& run) {
  std::deque<at::Tensor> old_eps;
  const int last = static_cast<int>(plan.timesteps.size()) - 1;
  for (int index = last; index > 0; --index) {
    const std::int64_t t = plan.timesteps[index];
    const std::int64_t t_next = plan.timesteps[index - 1];
    const double alpha = plan.alphas_cumprod.at(t);
    const double alpha_prev = plan.alphas_cumprod.at(t_next);
    const at::Tensor e = model(x, static_cast<double>(t)).guided;
    at::Tensor combined;
    if (old_eps.empty()) {
      const at::Tensor guess = ddim_step(x, {e, e}, alpha, alpha_prev, 0).x;
      combined = (e + model(guess, static_cast<double>(t_next)).guided) / 2;
    } else {
      combined = multistep_eps(e, old_eps);
    }
    const auto [x_prev, denoised] = ddim_step(x, {combined, combined}, alpha, alpha_prev, 0);
    old_eps.push_front(e);
    if (old_eps.size() > 3) {
      old_eps.pop_back();
    }
    x = x_prev;
    run.report({last - index, x, denoised, static_cast<double>(t)});
  }
  return x;
}

}  // namespace ptravel
