// The "parameters" text of a plain picture: the keys of the web UI in its order, and none of ours.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "media/infotext.h"
#include "request/parameter_items.h"
#include "sdapi/draw.h"
#include "sdapi/info.h"

namespace ptravel {
namespace {

/// Keys whose values are floating point numbers in requests, which Python prints with a fraction.
constexpr std::array<std::string_view, 18> kNumberKeys = {"CFG scale",
                                                          "Variation seed strength",
                                                          "Denoising strength",
                                                          "Hires upscale",
                                                          "Eta",
                                                          "Eta DDIM",
                                                          "Sigma churn",
                                                          "Sigma tmin",
                                                          "Sigma tmax",
                                                          "Sigma noise",
                                                          "Noise multiplier",
                                                          "NGMS",
                                                          "Skip Early CFG",
                                                          "Schedule max sigma",
                                                          "Schedule min sigma",
                                                          "Schedule rho",
                                                          "Image CFG scale",
                                                          "Conditional mask weight"};

std::string python_form(std::string_view key, const std::string& value) {
  const bool number = std::find(kNumberKeys.begin(), kNumberKeys.end(), key) != kNumberKeys.end();
  const auto read = number ? parse_number(value) : std::nullopt;
  return read ? number_text(*read) : value;
}

bool is_left_out(std::string_view key, const SdSettings& settings) {
  return (key == "RNG" && settings.text("randn_source") == "GPU") ||
         (key == "Model hash" && !settings.boolean("add_model_hash_to_info")) ||
         (key == "Model" && !settings.boolean("add_model_name_to_info"));
}

}  // namespace

std::string sd_version() { return "Prompt Travel " PTRAVEL_VERSION; }

std::string sd_parameters(const SdPlan& plan,
                          const TravelRequest& drawn,
                          const ModelIdentity& model,
                          int picture) {
  TravelRequest request = drawn;
  request.seed = {Seed(plan.seed_of(picture))};
  request.subseed = Seed(plan.subseed_of(picture));
  const FrameTexts texts;
  const FrameSpot spot;
  const FrameFacts facts{request, model, texts, spot};
  Infotext text;
  text.prompt = plan.prompt;
  text.negative_prompt = plan.negative_prompt;
  for (const ParameterItem* item : parameter_items()) {
    if (item->place >= kOwnPlaces || is_left_out(item->key, plan.settings)) {
      continue;
    }
    if (const auto value = item->text(facts)) {
      text.set(item->key, python_form(item->key, *value));
    }
  }
  if (plan.settings.boolean("add_version_to_infotext")) {
    text.set("Version", sd_version());
  }
  return format_infotext(text);
}

}  // namespace ptravel
