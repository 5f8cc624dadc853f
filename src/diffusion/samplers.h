#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/noise_source.h"
#include "ptravel/sampling.h"
#include "schedule/schedule.h"

namespace ptravel {

/// Noisy latents x [N, C, h, w] and their sigma give clean latents: a conditioned and guided
/// network.
using Denoiser = std::function<at::Tensor(const at::Tensor& x, double sigma)>;

/// The guided eps and, where asked for, the unconditional one that went into it.
struct GuidedEps {
  at::Tensor guided;
  at::Tensor uncond;
  at::Tensor momentum = {};  ///< What guidance with momentum goes on from; else undefined.

  /// A copy of the numbers, for keeping.
  GuidedEps clone() const {
    return {guided.clone(), uncond.clone(), momentum.defined() ? momentum.clone() : momentum};
  }
};
/// The counterpart for timestep samplers.
using EpsModel = std::function<GuidedEps(const at::Tensor& x, double t)>;

/// What DPM adaptive did in one attempt.
struct AdaptiveAttempt {
  double t = 0;      ///< -ln sigma that is reached so far.
  double h = 0;      ///< Next step size in t.
  double error = 0;  ///< The attempt's error estimate.
};

/// What a sampler reports once for each step.
struct SamplerStep {
  int index = 0;        ///< Counts from 0.
  at::Tensor x;         ///< Sigma samplers: before the step; timestep samplers: after it.
  at::Tensor denoised;  ///< The clean latents seen from here; undefined in UniPC's last step.
  double sigma = 0;     ///< The step's sigma, or its timestep.
  const AdaptiveAttempt* attempt = nullptr;  ///< DPM adaptive only.
};

/// The interval that samplers with times of their own cover, where it is not the schedule's.
struct SigmaRange {
  double min = 0;
  double max = 0;
  int num_steps = 0;
};

/// What every sampler gets besides the model, the latents and the levels.
struct SamplerRun {
  NoiseSource& noise;
  SamplerOptions options;
  std::function<void(const SamplerStep&)> on_step;  ///< May be empty.
  std::function<void()> check_cancelled;  ///< May be empty; throws Error(Cancelled) to stop.
  std::optional<SigmaRange> range;        ///< DPM fast and DPM adaptive.

  /// Reports a step and gives the user a chance to stop.
  void report(const SamplerStep& step) const;
};

/// The levels of a timestep sampler.
struct TimestepPlan {
  std::vector<std::int64_t> timesteps;  ///< Ascending; the sampler goes from the last to the first.
  const std::vector<double>& alphas_cumprod;
  bool img2img = false;  ///< UniPC starts at the last timestep instead of at pure noise.
};

// Each sampler integrates from x, which has the noise level of the first sigma (the last timestep),
// and returns the latents at the end of the schedule. Works in the number format of x. Every
// picture's result is bit for bit the same whatever else is in the batch, provided the model's is.

at::Tensor sample_euler(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_euler_ancestral(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_heun(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_restart(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_dpm_2(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_dpm_2_ancestral(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_lms(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_lcm(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_dpmpp_2s_ancestral(const Denoiser&,
                                     at::Tensor x,
                                     const Sigmas&,
                                     const SamplerRun&);
at::Tensor sample_dpmpp_2m(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_dpmpp_sde(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_dpmpp_2m_sde(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_dpmpp_2m_sde_heun(const Denoiser&,
                                    at::Tensor x,
                                    const Sigmas&,
                                    const SamplerRun&);
at::Tensor sample_dpmpp_3m_sde(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);

// These two choose their own times between run.range, or else between the largest and the smallest
// positive sigma, and end there instead of at 0. sample_dpm_adaptive takes one picture (N = 1)
// because its steps depend on the picture.

at::Tensor sample_dpm_fast(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);
at::Tensor sample_dpm_adaptive(const Denoiser&, at::Tensor x, const Sigmas&, const SamplerRun&);

/// Throws InvalidArgument for eta beyond 0 to 1, which leaves no room for the direction back to the
/// noise. Likewise sample_ddim_cfgpp.
at::Tensor sample_ddim(const EpsModel&, at::Tensor x, const TimestepPlan&, const SamplerRun&);
/// Needs GuidedEps::uncond.
at::Tensor sample_ddim_cfgpp(const EpsModel&, at::Tensor x, const TimestepPlan&, const SamplerRun&);
/// eta is what its authors call gamma: the share of each step that is noised again, 0 to 1. Throws
/// InvalidArgument beyond that.
at::Tensor sample_tcd(const EpsModel&, at::Tensor x, const TimestepPlan&, const SamplerRun&);
at::Tensor sample_plms(const EpsModel&, at::Tensor x, const TimestepPlan&, const SamplerRun&);
at::Tensor sample_unipc(const EpsModel&, at::Tensor x, const TimestepPlan&, const SamplerRun&);

}  // namespace ptravel
