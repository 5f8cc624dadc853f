// What requests may ask that would change the picture and is not done here: refused with the
// reason, never drawn without it.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "sdapi/plan.h"

namespace ptravel {
namespace {

using Problems = std::vector<SdProblem>;

void refuse(Problems& problems, std::string_view field, const std::string& reason) {
  problems.push_back({Json::array({std::string(field)}), reason});
}

/// A unit of ControlNet that would do something. Its own default is to be on.
bool is_active_unit(const Json& unit) {
  if (!unit.is_object()) {
    return !unit.is_null();
  }
  const auto enabled = unit.find("enabled");
  if (enabled == unit.end() || enabled->is_null()) {
    return !unit.empty();
  }
  const SdConverted converted = convert_sd_value({"enabled", SdType::Boolean}, *enabled);
  return converted.problem || converted.value.get<bool>();
}

bool asks_for_something(const Json& entry) {
  if (!entry.is_object()) {
    return !entry.is_null();
  }
  const auto args = entry.find("args");
  if (args == entry.end() || args->is_null()) {
    return false;
  }
  return !args->is_array() || std::any_of(args->begin(), args->end(), is_active_unit);
}

void refuse_scripts(const Json& scripts, Problems& problems) {
  for (const auto& [title, entry] : scripts.items()) {
    const std::string name = lower_case(title);
    if (name == "prompt travel") {
      throw http_exception(422, "Cannot have a selectable script in the always on scripts params");
    }
    if (!asks_for_something(entry)) {
      continue;
    }
    if (name != "controlnet") {
      throw http_exception(422, "always on script " + title + " not found");
    }
    problems.push_back({Json::array({"alwayson_scripts", title}),
                        "ControlNet is not supported: leave its units out or send them with "
                        "enabled false"});
  }
}

bool is_other_model(const std::string& name) {
  return !name.empty() && name != "None" && name != "Use same checkpoint";
}

void refuse_init_fields(const SdBody& body, Problems& problems) {
  if (!body.text("latent_mask").empty()) {
    refuse(problems, "latent_mask", "is not supported, expected mask");
  }
  if (!body.text("mask").empty() && !body.has_value("mask_blur") &&
      body.integer("mask_blur_x") != body.integer("mask_blur_y")) {
    refuse(problems, "mask_blur_y", "differs from mask_blur_x, expected the same");
  }
  if (body.has_value("init_images") && body.value("init_images").size() > 1) {
    refuse(problems, "init_images", "has several pictures, expected one");
  }
}

}  // namespace

void refuse_unsupported(const SdBody& body, bool img2img) {
  Problems problems;
  constexpr std::size_t kLongestTask = 256;  // names of a hundred tasks are kept
  if (body.text("force_task_id").size() > kLongestTask) {
    refuse(problems, "force_task_id",
           "ensure this value has at most " + std::to_string(kLongestTask) + " characters");
  }
  if (body.boolean("disable_extra_networks")) {
    refuse(problems, "disable_extra_networks",
           "is not supported, expected false and a prompt without tags");
  }
  const std::string refiner = body.text("refiner_checkpoint");
  if (!refiner.empty() && lower_case(refiner) != "none") {
    refuse(problems, "refiner_checkpoint", "a refiner is not supported, expected none");
  }
  refuse_scripts(body.value("alwayson_scripts"), problems);
  if (img2img) {
    refuse_init_fields(body, problems);
  } else if (!body.text("firstpass_image").empty()) {
    refuse(problems, "firstpass_image", "is not supported, expected none");
  } else if (body.boolean("enable_hr") && is_other_model(body.text("hr_checkpoint_name"))) {
    refuse(problems, "hr_checkpoint_name", "another model is not supported, expected none");
  }
  if (!problems.empty()) {
    throw wrong_fields(problems);
  }
}

}  // namespace ptravel
