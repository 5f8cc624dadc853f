#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/rng_source.h"

namespace ptravel {

/// How many steps a sampler reports, beside the steps it was asked for.
enum class StepCount {
  EachSigma,         ///< One for each interval of its sigmas.
  BetweenTimesteps,  ///< One less than it has timesteps.
  EachTimestep,      ///< As many as it has timesteps.
  Thirds,            ///< DPM fast: steps of up to three model calls each.
};

/// What a sampler is called and how the web UI treats it.
struct SamplerInfo {
  std::string_view name;                          ///< The algorithm: "euler_ancestral".
  std::string_view label;                         ///< The web UI's name: "Euler a".
  std::vector<std::string_view> aliases = {};     ///< Other accepted names: "k_euler_a".
  std::string_view default_schedule = "uniform";  ///< What schedule "automatic" means for it.
  bool uses_schedule = true;               ///< False for samplers that choose their own times.
  bool timesteps = false;                  ///< Works on integer timesteps and eps, not on sigmas.
  bool second_order = false;               ///< Prompt editing plans two model calls per step.
  bool discard_penultimate = false;        ///< Its schedule drops the last sigma above zero.
  bool uses_ensd = false;                  ///< The web UI records the eta noise seed delta for it.
  bool brownian = false;                   ///< Its noise is a Brownian path, a function of sigma.
  bool uses_churn = false;                 ///< s_churn, s_tmin and s_tmax act on it.
  bool uses_noise_scale = false;           ///< s_noise acts on it.
  std::optional<double> default_eta = {};  ///< Absent where eta has no meaning.
  bool batchable = true;  ///< False: its steps depend on the picture, so pictures run one by one.
  bool distilled_times = false;   ///< LCM: eps networks only, at the distilled timesteps.
  bool spaces_timesteps = false;  ///< Works on timesteps and takes schedules that say which.
  bool needs_uncond = false;      ///< Uses the unconditional prediction by itself (CFG++).
  double guidance_divisor = 1;    ///< The guidance scale is divided by it, so usual scales fit.
  int extra_first_calls = 0;      ///< Further model calls in the first step (PLMS).
  StepCount step_count = StepCount::EachSigma;
};

/// A way to spread the sigmas: "sgm_uniform", labelled "SGM Uniform".
struct ScheduleInfo {
  std::string_view name;
  std::string_view label;
  bool takes_range = false;    ///< ScheduleOptions::sigma_min and sigma_max act on it.
  double default_rho = 0;      ///< 0: rho has no meaning for it.
  bool for_timesteps = false;  ///< Also says which timesteps SamplerInfo::spaces_timesteps take.
};

/// All samplers in the web UI's order. The list lives as long as the program.
const std::vector<SamplerInfo>& sampler_infos();
/// All schedules in the web UI's order; the first is "automatic", the sampler's own.
const std::vector<ScheduleInfo>& schedule_infos();

/// Finds a sampler by label, name or alias, upper or lower case. Throws InvalidArgument listing
/// the choices.
const SamplerInfo& find_sampler(std::string_view text);
/// Finds a schedule by name or label; an empty text means "automatic". Throws likewise.
const ScheduleInfo& find_schedule(std::string_view text);

/// A sampler and a schedule that exist, by name.
struct SamplerChoice {
  std::string_view sampler;   ///< SamplerInfo::label.
  std::string_view schedule;  ///< ScheduleInfo::name.
};

/// Resolves the user's words as web UI 1.9 does: a sampler that ends in a schedule ("DPM++ 2M
/// Karras") is split, and that schedule wins over `schedule`. Throws InvalidArgument.
SamplerChoice resolve_sampler(std::string_view sampler, std::string_view schedule);

/// The name of the schedule that a run goes by: the given one, or the sampler's default_schedule
/// where that is "automatic" or none for a sampler on timesteps.
std::string_view schedule_in_use(const SamplerInfo& sampler, std::string_view schedule);

/// How many model calls prompt editing plans for `num_steps` steps.
int planned_calls(const SamplerInfo& sampler, int num_steps);

/// Model calls of one step: 2 for second-order samplers.
int calls_per_step(const SamplerInfo& sampler);

/// UniPC's choice of B(h) (Zhao et al., 2023), or its variant with varying coefficients.
enum class UnipcVariant { Bh1, Bh2, VaryCoeff };

/// How UniPC spreads its times.
enum class UnipcSkip { TimeUniform, TimeQuadratic, LogSnr };

/// Settings of single samplers; the defaults are the web UI's.
struct SamplerOptions {
  std::optional<double> eta = {};  ///< Amount of fresh noise; absent: the sampler's default_eta.
  double s_churn = 0;              ///< Noise added over the whole run (Karras et al., 2022).
  double s_tmin = 0;               ///< Lowest sigma that is churned.
  double s_tmax = 0;               ///< Highest sigma that is churned; 0 means no limit.
  double s_noise = 1;              ///< Factor on noise that is added.
  UnipcVariant unipc_variant = UnipcVariant::Bh1;
  UnipcSkip unipc_skip = UnipcSkip::TimeUniform;
  int unipc_order = 3;  ///< 1 to 3; at most the number of steps is used.
  bool unipc_lower_order_final = true;
  int adaptive_order = 3;  ///< DPM adaptive: 2 or 3.
};

/// Settings of schedules; 0 stands for the model's or the schedule's own value.
struct ScheduleOptions {
  double sigma_min = 0;
  double sigma_max = 0;
  double rho = 0;           ///< Karras (7) and polyexponential (1).
  double beta_alpha = 0.6;  ///< Beta: first shape parameter, above 0.
  double beta_beta = 0.6;   ///< Beta: second shape parameter, above 0.
  bool sdxl = false;        ///< Align Your Steps: the table made for SDXL.
};

/// Adaptive projected guidance (Sadat et al., 2024); the defaults are plain guidance.
struct ProjectedGuidance {
  double parallel = 1;   ///< Share that is kept of what guidance adds along the prediction ("eta").
  double threshold = 0;  ///< Longest that the difference between both prompts may be; 0: any.
  double momentum = 0;   ///< Share of the differences before; below 0 pushes away from them.

  bool is_plain() const { return parallel == 1 && threshold == 0 && momentum == 0; }
};

/// Everything about one sampling run that is not a tensor; the defaults are the web UI's.
struct SamplingSettings {
  std::string sampler = "Euler a";
  std::string schedule = "automatic";
  int num_steps = 20;
  double guidance_scale = 7;
  /// From 0 to 1: how much of the way guided predictions (as v) are brought back to the spread of
  /// those for the prompt alone (Lin et al., 2023, section 3.4).
  double guidance_rescale = 0;
  /// How strongly networks that change a picture hold on to it, beside guidance_scale (Brooks et
  /// al., 2023, "InstructPix2Pix"); others do not mind it.
  double picture_scale = 1.5;
  SamplerOptions sampler_options;
  ScheduleOptions schedule_options;
  double denoising_strength = 0.75;  ///< Image-to-image only, 0 to 1.
  bool fix_steps = false;  ///< Image-to-image: exactly num_steps steps, not a fraction of them.
  double noise_multiplier = 1;        ///< Image-to-image: factor on the starting noise.
  double extra_noise = 0;             ///< Image-to-image: further noise, in units of the noise.
  bool sgm_noise_multiplier = false;  ///< Text-to-image: start at sqrt(1 + sigma^2), not sigma.
  bool discard_penultimate = false;   ///< Drop the last sigma above zero for every sampler.
  double s_min_uncond = 0;            ///< Below this sigma every other call skips uncond.
  bool s_min_uncond_all = false;      ///< Every call, not every other one.
  double skip_early_cond = 0;         ///< Up to this fraction of the calls skips uncond; 0: none.
  double skip_late_cond = 1;          ///< From this fraction of the calls on skips it; 1: none.
  ProjectedGuidance projected;
};

/// How many steps a run with these settings reports: for progress displays. DPM adaptive does not
/// know and gives num_steps.
int reported_steps(const SamplingSettings& settings, bool img2img);

}  // namespace ptravel
