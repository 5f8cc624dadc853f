#include "request/frame_settings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "base/text.h"
#include "ptravel/error.h"
#include "request/compat.h"
#include "request/hires.h"
#include "request/mask_files.h"
#include "request/mode_infos.h"

namespace ptravel {
namespace {

constexpr double kPreviewShare = 0.4;

std::uint64_t split_mix(std::uint64_t state) {
  state += 0x9e3779b97f4a7c15U;
  state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31U);
}

template <typename Value>
Value stage_value(const std::vector<Value>& values, std::int64_t stage) {
  return values.at(static_cast<std::size_t>(stage) % values.size());
}

bool is_zero(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
}

}  // namespace

std::uint64_t derived_seed(std::uint64_t seed, std::initializer_list<std::int64_t> numbers) {
  std::uint64_t state = split_mix(seed);
  for (const std::int64_t number : numbers) {
    state = split_mix(state ^ static_cast<std::uint64_t>(number));
  }
  return state & 0xffffffffU;
}

double value_at(const std::vector<double>& values, const FramePlace& place) {
  const double from = stage_value(values, place.stage);
  if (place.alpha == 0) {
    return from;
  }
  const double to = stage_value(values, place.stage + 1);
  return from == to ? from : from * (1 - place.alpha) + to * place.alpha;
}

TravelRequest frame_request(const TravelRequest& request,
                            const FramePlace& place,
                            std::int64_t index) {
  TravelRequest frame = request;
  frame.cfg_scale = {value_at(request.cfg_scale, place)};
  frame.denoise_strength = {value_at(request.denoise_strength, place)};
  frame.hires_denoise = {value_at(request.hires_denoise, place)};
  frame.hires_prompt = hires_texts_at(request.hires_prompt, request, place);
  frame.hires_negative_prompt = hires_texts_at(request.hires_negative_prompt, request, place);
  frame.subseed_strength = {value_at(request.subseed_strength, place)};
  frame.sdxl_crop_top = {value_at(request.sdxl_crop_top, place)};
  frame.sdxl_crop_left = {value_at(request.sdxl_crop_left, place)};
  frame.mask = masks_of_files(mask_files_at(request, place));
  const Seed seed = stage_value(request.seed, place.stage);
  const Seed to_seed = stage_value(request.seed, place.stage + 1);
  frame.seed = {seed};
  if (place.alpha > 0 && to_seed != seed) {
    frame.seed.push_back(to_seed);
  }
  if (!request.subseed.given() && !compat_quirks(request).subseed_minus_one) {
    // A plan may be made before the seed is drawn.
    frame.subseed =
        derived_seed(seed.number_or(std::numeric_limits<std::uint64_t>::max()), {index});
  }
  return frame;
}

std::int64_t hold_at(const std::vector<int>& hold, std::size_t stage) {
  return hold.size() > 1 ? hold.at(std::min(stage, hold.size() - 1)) : hold.at(0);
}

std::int64_t held_copies(const std::vector<int>& hold, std::int64_t stages) {
  return hold.size() > 1 ? std::accumulate(hold.begin(), hold.end(), std::int64_t{0})
                         : stages * hold.at(0);
}

StageRules stage_rules(const TravelRequest& request) {
  const bool varies = !request.subseed.given() && (compat_quirks(request).subseed_minus_one ||
                                                   !is_zero(request.subseed_strength));
  StageRules rules;
  rules.single = mode_info(request.mode).doubles_single_stage || varies ? SingleStage::Double
                                                                        : SingleStage::Keep;
  rules.least = std::max({request.seed.size(), request.cfg_scale.size(),
                          request.denoise_strength.size(), request.hires_denoise.size(),
                          request.subseed_strength.size(), request.sdxl_crop_top.size(),
                          request.sdxl_crop_left.size(), mask_files(request).size()});
  rules.loop = request.loop;
  return rules;
}

bool keeps_whole_negative(const TravelRequest& request) {
  return compat_quirks(request).whole_negative_prompt && request.mode != TravelMode::Linear;
}

SamplingSettings sampling_settings(const TravelRequest& request) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  SamplingSettings settings;
  settings.sampler = choice.sampler;
  settings.schedule = choice.schedule;
  settings.num_steps = request.steps;
  settings.guidance_scale = request.cfg_scale.at(0);
  settings.guidance_rescale = request.cfg_rescale;
  settings.skip_early_cond = request.cfg_start;
  settings.skip_late_cond = request.cfg_end;
  settings.s_min_uncond = request.skip_guidance_below_sigma;
  settings.s_min_uncond_all = request.skip_guidance_all_steps;
  settings.projected = {request.apg_eta, request.apg_threshold, request.apg_momentum};
  settings.schedule_options.sigma_min = request.schedule_sigma_min;
  settings.schedule_options.sigma_max = request.schedule_sigma_max;
  settings.schedule_options.rho = request.schedule_rho;
  settings.sampler_options.eta = request.eta;
  settings.sampler_options.s_churn = request.s_churn;
  settings.sampler_options.s_tmin = request.s_tmin;
  settings.sampler_options.s_tmax = request.s_tmax;
  settings.sampler_options.s_noise = request.s_noise;
  settings.denoising_strength = request.denoise_strength.at(0);
  settings.fix_steps = request.img2img_fix_steps;
  settings.noise_multiplier = request.noise_multiplier;
  settings.picture_scale = request.image_cfg_scale;
  return settings;
}

int embryo_steps(const TravelRequest& request) {
  const bool img2img = !request.init_image.empty();
  const int run = img2img ? reported_steps(sampling_settings(request), true) : request.steps;
  const auto value = parse_number(request.embryo_step);
  const double steps =
      value.value_or(0) < 1 ? std::round(value.value_or(0) * run) : std::round(value.value_or(0));
  // Where an input is replaced, it is that of the call after the counted ones.
  const int most = run - (compat_quirks(request).embryo_shares_input ? 2 : 1);
  if (!value || !(steps >= 1) || steps > most) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"embryo_step", "\"" + request.embryo_step + "\", expected 1 to " +
                                           std::to_string(most) + " of the " + std::to_string(run) +
                                           " sampling steps, or a part such as 0.4"});
  }
  return static_cast<int>(steps);
}

TravelRequest pace_preview_request(TravelRequest request) {
  const int steps = request.steps;
  request.pace = Pace::Even;
  request.steps = std::max(1, static_cast<int>(std::lround(steps * kPreviewShare)));
  const auto embryo = parse_number(request.embryo_step);
  if (request.genesis == Genesis::Embryo && embryo && *embryo >= 1) {
    request.embryo_step = number_text(std::max(1.0, std::round(*embryo / steps * request.steps)));
  }
  return request;
}

}  // namespace ptravel
