// The member "infotext" of a request: fields that the request does not give are taken from it.
#include "media/infotext.h"

#include <array>
#include <utility>

#include "sdapi/plan.h"

namespace ptravel {
namespace {

struct Pasted {
  std::string_view key;
  SdField field;
};

/// Keys that are fields of a request.
const auto& pasted_fields() {
  using enum SdType;
  static const std::array<Pasted, 16> fields = {{
      {"Steps", {"steps", Integer}},
      {"Sampler", {"sampler_name", Text}},
      {"Schedule type", {"scheduler", Text}},
      {"CFG scale", {"cfg_scale", Number}},
      {"Seed", {"seed", Integer}},
      {"Variation seed", {"subseed", Integer}},
      {"Variation seed strength", {"subseed_strength", Number}},
      {"Denoising strength", {"denoising_strength", Number}},
      {"Hires upscale", {"hr_scale", Number}},
      {"Hires upscaler", {"hr_upscaler", Text}},
      {"Hires steps", {"hr_second_pass_steps", Integer}},
      {"Hires sampler", {"hr_sampler_name", Text}},
      {"Hires schedule type", {"hr_scheduler", Text}},
      {"Hires prompt", {"hr_prompt", Text}},
      {"Hires negative prompt", {"hr_negative_prompt", Text}},
      {"Noise multiplier", {"initial_noise_multiplier", Number}},
  }};
  return fields;
}

/// Keys that are settings.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kPastedSettings = {
    {{"Clip skip", "CLIP_stop_at_last_layers"},
     {"Model hash", "sd_model_checkpoint"},
     {"VAE", "sd_vae"},
     {"ENSD", "eta_noise_seed_delta"},
     {"RNG", "randn_source"},
     {"Tiling", "tiling"},
     {"Emphasis", "emphasis"},
     {"NGMS", "s_min_uncond"},
     {"NGMS all steps", "s_min_uncond_all"},
     {"Skip Early CFG", "skip_early_cond"},
     {"Schedule max sigma", "sigma_max"},
     {"Schedule min sigma", "sigma_min"},
     {"Schedule rho", "rho"}}};

void paste_size(const Infotext& text,
                std::string_view key,
                std::pair<std::string_view, std::string_view> fields,
                SdBody& body) {
  const auto value = text.find(key);
  const auto size = value ? parse_infotext_size(*value) : std::nullopt;
  if (size && !body.is_given(fields.first)) {
    body.set(fields.first, size->first);
  }
  if (size && !body.is_given(fields.second)) {
    body.set(fields.second, size->second);
  }
}

void paste_settings(const Infotext& text, SdBody& body) {
  Json settings =
      body.has_value("override_settings") ? body.value("override_settings") : Json::object();
  for (const auto& [key, name] : kPastedSettings) {
    const auto value = text.find(key);
    if (value && !settings.contains(std::string(name))) {
      settings[std::string(name)] = *value;
    }
  }
  body.set("override_settings", std::move(settings));
}

}  // namespace

void fill_from_infotext(SdBody& body) {
  const std::string written = body.text("infotext");
  if (written.empty()) {
    return;
  }
  const Infotext text = parse_infotext(written);
  const auto paste_text = [&](std::string_view field, const std::string& value) {
    if (!body.is_given(field)) {
      body.set(field, value);
    }
  };
  paste_text("prompt", text.prompt);
  paste_text("negative_prompt", text.negative_prompt);
  for (const Pasted& pasted : pasted_fields()) {
    const auto value = text.find(pasted.key);
    if (!value || body.is_given(pasted.field.name) ||
        !body.values().contains(std::string(pasted.field.name))) {
      continue;
    }
    SdConverted converted = convert_sd_value(pasted.field, *value);
    if (converted.problem) {
      throw wrong_field("infotext", std::string(pasted.key) + ": \"" + *value +
                                        "\": " + converted.problem->message);
    }
    body.set(pasted.field.name, std::move(converted.value));
  }
  paste_size(text, "Size", {"width", "height"}, body);
  paste_size(text, "Seed resize from", {"seed_resize_from_w", "seed_resize_from_h"}, body);
  if (body.values().contains("enable_hr")) {
    paste_size(text, "Hires resize", {"hr_resize_x", "hr_resize_y"}, body);
    const bool second_pass =
        text.find("Hires upscale") || text.find("Hires resize") || text.find("Hires upscaler");
    if (second_pass && !body.is_given("enable_hr")) {
      body.set("enable_hr", true);
    }
  }
  paste_settings(text, body);
}

}  // namespace ptravel
