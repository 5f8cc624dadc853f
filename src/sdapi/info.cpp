#include "sdapi/info.h"

#include "base/text.h"
#include "media/infotext.h"
#include "request/parameter_items.h"

namespace ptravel {
namespace {

/// The web UI's keys that come from samplers and options, with numbers as numbers.
Json extra_parameters(const std::string& parameters) {
  constexpr int kFirstExtra = 180;  // behind the keys that every picture may have
  Json extra = Json::object();
  const Infotext text = parse_infotext(parameters);
  for (const ParameterItem* item : parameter_items()) {
    const bool is_extra = item->place >= kFirstExtra && item->place < kOwnPlaces;
    const auto value = text.find(item->key);
    if (!value || !(is_extra || item->key == "Schedule type")) {
      continue;
    }
    const auto number = parse_number(*value);
    Json& member = extra[std::string(item->key)];
    if (number) {
      member = *number;
    } else if (*value == "True" || *value == "False") {
      member = *value == "True";
    } else {
      member = *value;
    }
  }
  return extra;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

/// An entry for each picture of the answer, so that those after one that was skipped have their
/// own.
SdInfoLists plain_lists(const SdPlan& plan, const SdDrawing& drawing) {
  SdInfoLists lists;
  for (const SdPicture& picture : drawing.pictures) {
    lists.prompts.push_back(plan.prompt);
    lists.negative_prompts.push_back(plan.negative_prompt);
    lists.seeds.push_back(plan.seed_of(picture.number));
    lists.subseeds.push_back(static_cast<std::int64_t>(plan.subseed_of(picture.number)));
  }
  return lists;
}

}  // namespace

Json sd_info(const SdPlan& plan,
             const SdDrawing& drawing,
             const std::vector<std::string>& infotexts,
             int index_of_first_image) {
  return sd_info(plan, drawing, plain_lists(plan, drawing), infotexts, index_of_first_image);
}

Json sd_info(const SdPlan& plan,
             const SdDrawing& drawing,
             const SdInfoLists& lists,
             const std::vector<std::string>& infotexts,
             int index_of_first_image) {
  const TravelRequest& request = drawing.request;
  const SdBody& body = plan.body;
  const auto first = [](const auto& list, auto otherwise) {
    return list.empty() ? otherwise : list.front();
  };
  Json info = Json::object();
  info["prompt"] = first(lists.prompts, plan.prompt);
  info["all_prompts"] = lists.prompts;
  info["negative_prompt"] = first(lists.negative_prompts, plan.negative_prompt);
  info["all_negative_prompts"] = lists.negative_prompts;
  info["seed"] = first(lists.seeds, plan.seed);
  info["all_seeds"] = lists.seeds;
  info["subseed"] = first(lists.subseeds, static_cast<std::int64_t>(plan.subseed));
  info["all_subseeds"] = lists.subseeds;
  info["subseed_strength"] = body.number("subseed_strength");
  info["width"] = request.width;
  info["height"] = request.height;
  info["sampler_name"] = request.sampler;
  info["cfg_scale"] = body.number("cfg_scale");
  info["steps"] = request.steps;
  info["batch_size"] = plan.batch_size;
  info["restore_faces"] = false;
  info["face_restoration_model"] = nullptr;
  info["sd_model_name"] = drawing.model.name.empty() ? plan.model.model_name : drawing.model.name;
  info["sd_model_hash"] =
      short_hash(drawing.model.sha256.empty() ? plan.model.info.sha256 : drawing.model.sha256);
  info["sd_vae_name"] = text_or_null(drawing.model.vae_name);
  info["sd_vae_hash"] = text_or_null(short_hash(drawing.model.vae_sha256));
  info["seed_resize_from_w"] = body.integer("seed_resize_from_w");
  info["seed_resize_from_h"] = body.integer("seed_resize_from_h");
  info["denoising_strength"] = body.number("denoising_strength");
  info["extra_generation_params"] = extra_parameters(drawing.parameters);
  info["index_of_first_image"] = index_of_first_image;
  info["infotexts"] = infotexts;
  info["styles"] = body.has_value("styles") ? body.value("styles") : Json::array();
  info["job_timestamp"] = drawing.timestamp;
  info["clip_skip"] = request.clip_skip;
  info["is_using_inpainting_conditioning"] = drawing.model.takes_mask;
  info["version"] = sd_version();
  return info;
}

}  // namespace ptravel
