// Zheng et al., "Trajectory consistency distillation", 2024: each step jumps along the trajectory
// to a time before the next one, and adds the noise that leads back up to it.
#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "diffusion/samplers.h"
#include "ptravel/error.h"

namespace ptravel {

at::Tensor sample_tcd(const EpsModel& model,
                      at::Tensor x,
                      const TimestepPlan& plan,
                      const SamplerRun& run) {
  constexpr double kUsualGamma = 0.3;  // SamplerInfo::default_eta
  const double gamma = run.options.eta.value_or(kUsualGamma);
  if (!(gamma >= 0 && gamma <= 1)) {
    throw Error(ErrorCode::InvalidArgument,
                "[tcd] eta: expected 0 to 1, got " + std::to_string(gamma));
  }
  const int last = static_cast<int>(plan.timesteps.size()) - 1;
  for (int index = last; index > 0; --index) {
    const std::int64_t t = plan.timesteps[index];
    const std::int64_t t_next = plan.timesteps[index - 1];
    const auto t_jump = static_cast<std::int64_t>((1 - gamma) * static_cast<double>(t_next));
    const double alpha = plan.alphas_cumprod.at(t);
    const double alpha_next = plan.alphas_cumprod.at(t_next);
    const double alpha_jump = plan.alphas_cumprod.at(t_jump);
    const at::Tensor eps = model(x, static_cast<double>(t)).guided;
    const at::Tensor denoised = (x - eps * std::sqrt(1 - alpha)) / std::sqrt(alpha);
    x = denoised * std::sqrt(alpha_jump) + eps * std::sqrt(1 - alpha_jump);
    if (t_jump < t_next) {
      const double kept = alpha_next / alpha_jump;
      x = x * std::sqrt(kept) + run.noise.next(x) * std::sqrt(1 - kept);
    }
    run.report({last - index, x, denoised, static_cast<double>(t)});
  }
  return x;
}

}  // namespace ptravel
