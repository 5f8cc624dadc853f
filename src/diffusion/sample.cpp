#include "diffusion/sample.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "diffusion/sampler_table.h"
#include "ptravel/error.h"
#include "schedule/timesteps.h"
#include "tensor/devices.h"

namespace ptravel {
namespace {

// The parts of one run, made once and handed to the steps below.
struct Run {
  const SamplingModel& model;
  const SamplingSettings& settings;
  const SamplingBatch& batch;
  const SamplingHooks& hooks;
  const SamplerEntry& sampler;
  std::string_view schedule;  // As schedule_in_use names it.

  bool img2img() const { return batch.init_latent.defined(); }

  /// Clean latents, or x on its way, with the init latent where nothing is drawn.
  at::Tensor kept(const at::Tensor& x) const {
    if (!batch.repaint.defined()) {
      return x;
    }
    const at::Tensor repaint = batch.repaint.to(batch.options);
    return x * repaint + batch.init_latent.to(batch.options) * (1 - repaint);
  }
};

void check_batch(const SamplingBatch& batch) {
  const std::size_t count = batch.images.size();
  if (count == 0 || batch.seeds.size() != count) {
    throw Error(ErrorCode::InvalidArgument,
                "[sample] expected as many seeds as pictures and at least one, got " +
                    std::to_string(batch.seeds.size()) + " and " + std::to_string(count));
  }
  if (batch.init_latent.defined()) {
    std::vector<std::int64_t> expected{static_cast<std::int64_t>(count)};
    expected.insert(expected.end(), batch.shape.begin(), batch.shape.end());
    if (batch.init_latent.sizes() != at::IntArrayRef(expected)) {
      throw Error(ErrorCode::InvalidArgument,
                  "[sample] init latent: expected one [C, h, w] per picture");
    }
  }
  if (batch.repaint.defined()) {
    const std::vector<std::int64_t> expected{static_cast<std::int64_t>(count), 1, batch.shape.at(1),
                                             batch.shape.at(2)};
    if (!batch.init_latent.defined() || batch.repaint.sizes() != at::IntArrayRef(expected)) {
      throw Error(ErrorCode::InvalidArgument,
                  "[sample] mask: expected an init latent and one [1, h, w] per picture");
    }
  }
}

void check_settings(const SamplingSettings& settings) {
  constexpr int kMostSteps = 10000;
  if (settings.num_steps < 1 || settings.num_steps > kMostSteps) {
    throw Error(ErrorCode::InvalidArgument,
                "[sample] steps: expected 1 to 10000, got " + std::to_string(settings.num_steps));
  }
  if (!(settings.guidance_rescale >= 0 && settings.guidance_rescale <= 1)) {
    throw Error(ErrorCode::InvalidArgument, "[sample] guidance rescale: expected 0 to 1, got " +
                                                std::to_string(settings.guidance_rescale));
  }
  const ProjectedGuidance& projected = settings.projected;
  if (!std::isfinite(projected.parallel) || !std::isfinite(projected.momentum) ||
      !(projected.threshold >= 0)) {
    throw Error(ErrorCode::InvalidArgument,
                "[sample] projected guidance: expected finite numbers and a threshold from 0 on");
  }
  if (!std::isfinite(settings.guidance_scale)) {
    throw Error(ErrorCode::InvalidArgument, "[sample] guidance scale: expected a finite number");
  }
}

SamplerRun make_sampler_run(const Run& run, ImageNoise& noise) {
  SamplerRun result{
      noise, run.settings.sampler_options, run.hooks.on_step, run.hooks.check_cancelled, {}};
  if (!run.sampler.info.uses_noise_scale) {
    result.options.s_noise = 1;
  }
  return result;
}

/// How guidance sees a model's levels: members of GuidanceOptions.
struct LevelShares {
  std::function<double(double level)> input_share;
  std::function<DenoisedShares(double level)> denoised_shares;
};

Guidance make_guidance(const Run& run,
                       const Img2ImgSteps& steps,
                       ConditionedModel model,
                       LevelShares shares) {
  const SamplingSettings& settings = run.settings;
  GuidanceOptions options;
  options.scales = run.batch.guidance_scales;
  if (options.scales.empty()) {
    options.scales = {settings.guidance_scale};
  }
  for (double& scale : options.scales) {
    scale /= run.sampler.info.guidance_divisor;
  }
  options.needs_uncond = run.sampler.info.needs_uncond;
  options.planned_calls =
      planned_calls(run.sampler.info, run.img2img() ? steps.t_enc + 1 : settings.num_steps);
  options.s_min_uncond = settings.s_min_uncond;
  options.s_min_uncond_all = settings.s_min_uncond_all;
  options.skip_early_cond = settings.skip_early_cond;
  options.skip_late_cond = settings.skip_late_cond;
  options.projected = settings.projected;
  options.denoised_shares = std::move(shares.denoised_shares);
  options.rescale = settings.guidance_rescale;
  options.picture_scale = run.model.edits_pictures ? settings.picture_scale : 1;
  options.input_share = std::move(shares.input_share);
  GuidanceHooks hooks = run.hooks.guidance;
  hooks.replace_input = [check = run.hooks.check_cancelled, replace = hooks.replace_input](
                            int call, const at::Tensor& x) {
    if (check) {
      check();
    }
    return replace ? replace(call, x) : x;
  };
  return Guidance(std::move(model), run.batch.images, options, std::move(hooks));
}

Sigmas choose_sigmas(const Run& run, const SigmaTable& table, int num_steps) {
  const bool discard = run.sampler.info.discard_penultimate || run.settings.discard_penultimate;
  Sigmas sigmas = make_schedule(run.schedule, table, num_steps + (discard ? 1 : 0),
                                run.settings.schedule_options);
  return discard ? without_penultimate(std::move(sigmas)) : sigmas;
}

double smallest_positive(const Sigmas& sigmas) {
  double smallest = sigmas.front();
  for (const double sigma : sigmas) {
    smallest = sigma > 0 ? std::min(smallest, sigma) : smallest;
  }
  return smallest;
}

// The starting noise of image-to-image.
at::Tensor first_noise(const Run& run, ImageNoise& noise) {
  const at::Tensor result = sent(noise.next(), run.batch.options);
  return run.img2img() ? result * run.settings.noise_multiplier : result;
}

// Where image-to-image begins in a schedule made for `steps`.
Sigmas used_sigmas(const Sigmas& sigmas, const Img2ImgSteps& steps) {
  const int first = steps.schedule_steps - steps.t_enc - 1;
  PTRAVEL_CHECK(first >= 0 && first + 1 < static_cast<int>(sigmas.size()));
  return Sigmas(sigmas.begin() + first, sigmas.end());
}

at::Tensor run_by_sigmas(const Run& run, const Img2ImgSteps& steps) {
  const SamplingSettings& settings = run.settings;
  const bool lcm = run.sampler.info.distilled_times;
  const SigmaTable table = lcm ? lcm_sigma_table(run.model.table) : run.model.table;
  const Sigmas all_sigmas = choose_sigmas(run, table, steps.schedule_steps);
  ImageNoise noise(run.batch.seeds, run.batch.shape);
  SamplerRun sampler_run = make_sampler_run(run, noise);
  const double smallest = smallest_positive(all_sigmas);
  if (run.sampler.info.brownian && smallest < all_sigmas.front()) {
    noise.begin_brownian(smallest, all_sigmas.front());
  }
  at::Tensor x = first_noise(run, noise);
  Sigmas sigmas = all_sigmas;
  if (run.img2img()) {
    sigmas = used_sigmas(all_sigmas, steps);
    at::Tensor latent = run.batch.init_latent.to(run.batch.options);
    latent = settings.extra_noise > 0 ? latent + x * settings.extra_noise : latent;
    x = latent + x * sigmas.front();
  } else {
    x = x * (settings.sgm_noise_multiplier ? std::sqrt(1 + sigmas.front() * sigmas.front())
                                           : sigmas.front());
    sampler_run.range = SigmaRange{table.sigma_min(), table.sigma_max(), settings.num_steps};
  }
  Guidance guidance =
      make_guidance(run, steps,
                    lcm ? make_lcm_denoiser(run.model.network, run.model.prediction, table)
                        : make_denoiser(run.model.network, run.model.prediction, table),
                    {[](double sigma) { return 1 / (sigma * sigma + 1); },
                     [](double) { return DenoisedShares{}; }});
  const Denoiser denoiser = [&](const at::Tensor& input, double sigma) {
    return run.kept(guidance(input, sigma).guided);
  };
  return run.sampler.by_sigmas(denoiser, x, sigmas, sampler_run);
}

at::Tensor run_by_timesteps(const Run& run, const Img2ImgSteps& steps) {
  const std::vector<double>& alphas_cumprod = run.model.table.alphas_cumprod();
  if (run.model.table.size() < kTrainingTimesteps) {
    throw Error(ErrorCode::Unsupported, "[sample] timesteps: expected a model with " +
                                            std::to_string(kTrainingTimesteps) + ", it has " +
                                            std::to_string(alphas_cumprod.size()));
  }
  const Spacing spacing = spacing_of(run.schedule);
  TimestepPlan plan{make_timesteps(steps.schedule_steps, spacing), alphas_cumprod, run.img2img()};
  ImageNoise noise(run.batch.seeds, run.batch.shape);
  const SamplerRun sampler_run = make_sampler_run(run, noise);
  at::Tensor x = first_noise(run, noise);
  if (run.img2img()) {
    Img2ImgTimesteps shortened = img2img_timesteps(steps, spacing);
    const double abar = alphas_cumprod[shortened.start];
    plan.timesteps = std::move(shortened.used);
    at::Tensor latent = run.batch.init_latent.to(run.batch.options);
    const double extra = run.settings.extra_noise * std::sqrt(abar);
    latent = extra > 0 ? latent + x * extra : latent;
    x = latent * std::sqrt(abar) + x * std::sqrt(1 - abar);
  }
  const auto abar_at = [&alphas_cumprod](double t) {
    const auto last = static_cast<double>(alphas_cumprod.size() - 1);
    return alphas_cumprod[static_cast<std::size_t>(std::clamp(t, 0.0, last))];
  };
  Guidance guidance = make_guidance(
      run, steps, make_eps_model(run.model.network, run.model.prediction, run.model.table),
      {[abar_at](double t) { return std::sqrt(1 - abar_at(t)); },
       [abar_at](double t) {
         const double abar = abar_at(t);
         return DenoisedShares{1 / std::sqrt(abar), -std::sqrt((1 - abar) / abar)};
       }});
  // As the web UI has it: the input's kept part is clean, at every level.
  const EpsModel model = [&](const at::Tensor& input, double t) {
    return guidance(run.kept(input), t);
  };
  return run.sampler.by_timesteps(model, x, plan, sampler_run);
}

at::Tensor run_batch(const Run& run) {
  const SamplingSettings& settings = run.settings;
  const Img2ImgSteps steps =
      run.img2img()
          ? img2img_steps(settings.num_steps, settings.denoising_strength, settings.fix_steps)
          : Img2ImgSteps{settings.num_steps, 0};
  if (steps.schedule_steps == 0) {
    return run.batch.init_latent.to(run.batch.options);
  }
  return run.kept(run.sampler.info.timesteps ? run_by_timesteps(run, steps)
                                             : run_by_sigmas(run, steps));
}

SamplingBatch single_image(const SamplingBatch& batch, std::size_t i) {
  SamplingBatch single;
  single.images = {batch.images[i]};
  single.seeds = {batch.seeds[i]};
  single.shape = batch.shape;
  single.options = batch.options;
  if (batch.guidance_scales.size() == batch.images.size()) {
    single.guidance_scales = {batch.guidance_scales[i]};
  }
  if (batch.init_latent.defined()) {
    single.init_latent = batch.init_latent.narrow(0, static_cast<std::int64_t>(i), 1);
  }
  if (batch.repaint.defined()) {
    single.repaint = batch.repaint.narrow(0, static_cast<std::int64_t>(i), 1);
  }
  return single;
}

}  // namespace

at::Tensor sample_latents(const SamplingModel& model,
                          const SamplingSettings& settings,
                          const SamplingBatch& batch,
                          const SamplingHooks& hooks) {
  check_batch(batch);
  check_settings(settings);
  const SamplerChoice choice = resolve_sampler(settings.sampler, settings.schedule);
  const SamplerEntry& sampler = find_sampler_entry(choice.sampler);
  const std::string_view schedule = schedule_in_use(sampler.info, choice.schedule);
  if (sampler.info.batchable) {
    return run_batch({model, settings, batch, hooks, sampler, schedule});
  }
  std::vector<at::Tensor> latents;
  for (std::size_t i = 0; i < batch.images.size(); ++i) {
    const SamplingBatch single = single_image(batch, i);
    latents.push_back(run_batch({model, settings, single, hooks, sampler, schedule}));
  }
  return at::cat(latents);
}

}  // namespace ptravel
