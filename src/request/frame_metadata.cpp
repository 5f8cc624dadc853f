#include "request/frame_metadata.h"

#include <algorithm>

#include "base/text.h"
#include "media/infotext.h"
#include "ptravel/error.h"
#include "ptravel/sampling.h"

#include "request/request_names.h"

namespace ptravel {
namespace {

/// Numbers as the web UI's sliders print them: 7, 7.5.
std::string plain_number(double value) {
  std::string text = number_text(value);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

/// The web UI records the schedule that was used; samplers without one of their own say Automatic.
std::string schedule_label(const TravelRequest& request) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  if (!sampler.uses_schedule || sampler.timesteps) {
    return "Automatic";
  }
  const bool automatic = choice.schedule == "automatic";
  if (automatic && sampler.default_schedule == "uniform") {
    return "Automatic";
  }
  return std::string(find_schedule(automatic ? sampler.default_schedule : choice.schedule).label);
}

bool starts_from_picture(const TravelRequest& request, const FrameSpot& spot) {
  return !request.init_image.empty() || (request.genesis == Genesis::Successive && spot.index > 0);
}

void add_core_items(Infotext& text, const TravelRequest& request, const ModelIdentity& model) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  text.set("Steps", std::to_string(request.steps));
  text.set("Sampler", std::string(choice.sampler));
  text.set("Schedule type", schedule_label(request));
  text.set("CFG scale", plain_number(request.cfg_scale.at(0)));
  text.set("Seed", std::to_string(request.seed.at(0)));
  text.set("Size", size_text(request.width, request.height));
  text.set("Model hash", model.sha256.substr(0, 10));
  text.set("Model", model.name);
  if (!model.vae_sha256.empty()) {
    text.set("VAE hash", model.vae_sha256.substr(0, 10));
    text.set("VAE", model.vae_name);
  }
  if (request.subseed_strength.at(0) > 0) {
    text.set("Variation seed", std::to_string(request.subseed));
    text.set("Variation seed strength", plain_number(request.subseed_strength.at(0)));
  }
  if (request.seed_resize_from_width > 0) {
    text.set("Seed resize from",
             size_text(request.seed_resize_from_width, request.seed_resize_from_height));
  }
}

void add_sampler_items(Infotext& text, const TravelRequest& request) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  if (request.ensd != 0) {
    text.set("ENSD", std::to_string(request.ensd));
  }
  text.set("RNG", request.rng == RngSource::Cpu ? "CPU" : "NV");
  if (request.eta && request.eta != sampler.default_eta) {
    text.set(sampler.timesteps ? "Eta DDIM" : "Eta", plain_number(*request.eta));
  }
  const std::pair<const char*, std::pair<double, double>> sigmas[] = {
      {"Sigma churn", {request.s_churn, 0}},
      {"Sigma tmin", {request.s_tmin, 0}},
      {"Sigma tmax", {request.s_tmax, 0}},
      {"Sigma noise", {request.s_noise, 1}}};
  for (const auto& [key, value] : sigmas) {
    if (value.first != value.second) {
      text.set(key, plain_number(value.first));
    }
  }
}

void add_encoding_items(Infotext& text, const TravelRequest& request, const FrameSpot& spot) {
  if (starts_from_picture(request, spot)) {
    text.set("Denoising strength", plain_number(request.denoise_strength.at(0)));
  }
  if (request.clip_skip > 1) {
    text.set("Clip skip", std::to_string(request.clip_skip));
  }
  add_sampler_items(text, request);
  if (request.pad_cond_uncond) {
    text.set("Pad conds", "True");
  }
  if (request.emphasis != Emphasis::Original) {
    static constexpr const char* kWebUiNames[] = {"Original", "No norm", "Ignore", "None"};
    text.set("Emphasis", kWebUiNames[static_cast<int>(request.emphasis)]);
  }
  if (request.old_prompt_editing) {
    text.set("Old prompt editing timelines", "True");
  }
  if (starts_from_picture(request, spot) && request.noise_multiplier != 1) {
    text.set("Noise multiplier", plain_number(request.noise_multiplier));
  }
}

/// What an in-between is made by.
void add_way_items(Infotext& text,
                   const TravelRequest& request,
                   const FrameTexts& texts,
                   const FrameSpot& spot) {
  text.set("Travel step", std::to_string(spot.step));
  text.set("Travel steps", std::to_string(spot.steps));
  if (request.seed.size() > 1) {
    text.set("Travel to seed", std::to_string(request.seed[1]));
  }
  if (request.mode == TravelMode::Linear) {
    text.set("Travel interpolation", std::string(kInterpolationNames.name(request.interpolation)));
  } else {
    text.set("Travel easing", std::string(kEasingNames.name(request.easing)));
  }
  if (request.mode == TravelMode::Grad) {
    text.set("Travel grad", std::string(kGradMethodNames.name(request.grad_method)) + " " +
                                plain_number(request.grad_alpha) + " x " +
                                std::to_string(request.grad_iter));
    text.set("Travel grad w latent", plain_number(request.grad_w_latent));
    text.set("Travel grad w cond", plain_number(request.grad_w_cond));
  }
  text.set("Travel padding", std::string(kStagePaddingNames.name(request.stage_padding)));
  text.set("Travel from prompt", texts.from_prompt);
  text.set("Travel from negative prompt", texts.from_negative_prompt);
}

void add_travel_items(Infotext& text,
                      const TravelRequest& request,
                      const FrameTexts& texts,
                      const FrameSpot& spot) {
  text.set("Prompt Travel", PTRAVEL_VERSION);
  text.set("Precision", std::string(kPrecisionNames.name(request.precision)));
  if (request.comma_backtrack != TravelRequest{}.comma_backtrack) {
    text.set("Comma backtrack", std::to_string(request.comma_backtrack));
  }
  if (request.img2img_fix_steps) {
    text.set("Fix steps", "True");
  }
  text.set("Travel mode", std::string(kTravelModeNames.name(request.mode)));
  text.set("Travel frame", std::to_string(spot.index));
  text.set("Travel frames", std::to_string(spot.frame_count));
  text.set("Travel stage", std::to_string(spot.stage));
  text.set("Travel stages", std::to_string(spot.stage_count));
  text.set("Travel alpha", plain_number(spot.alpha));
  text.set("Travel genesis", std::string(kGenesisNames.name(request.genesis)));
  if (request.mode == TravelMode::Replace) {
    text.set("Travel replace dim", std::string(kReplaceDimNames.name(request.replace_dim)));
    text.set("Travel replace order", std::string(kReplaceOrderNames.name(request.replace_order)));
  }
  if (request.genesis == Genesis::Embryo) {
    text.set("Travel embryo step", request.embryo_step);
  }
  if (request.compat != Compat::None) {
    text.set("Travel compat", std::string(kCompatNames.name(request.compat)));
  }
  if (spot.step > 0) {
    add_way_items(text, request, texts, spot);
  }
}

}  // namespace

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string frame_parameters(const TravelRequest& request,
                             const ModelIdentity& model,
                             const FrameTexts& texts,
                             const FrameSpot& spot) {
  Infotext text;
  text.prompt = texts.prompt;
  text.negative_prompt = texts.negative_prompt;
  add_core_items(text, request, model);
  add_encoding_items(text, request, spot);
  add_travel_items(text, request, texts, spot);
  return format_infotext(text);
}

}  // namespace ptravel
