// Programs that write one flat JSON object, or one text per setting.

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;
using enum KeyEffect;

constexpr MemberRule kFooocusRules[] = {
    {"prompt", "", Harmless},  // what was typed; full_prompt is what was drawn
    {"negative_prompt", "", Harmless},
    {"full_prompt", "prompt"},
    {"full_negative_prompt", "negative"},
    {"steps", "Steps"},
    {"sampler", "sampler"},
    {"scheduler", "schedule"},
    {"guidance_scale", "CFG scale"},
    {"seed", "Seed"},
    {"resolution", "Size"},
    {"clip_skip", "Clip skip"},
    {"base_model", "Model"},
    {"base_model_hash", "Model hash"},
    {"vae", "", Vae},
    {"sharpness", "", Sampling},
    {"adm_guidance", "", Sampling},
    {"adaptive_cfg", "", Sampling},
    {"freeu", "", Network},
    {"refiner_model", "", Refiner},
    {"refiner_*", "", Harmless},  // of a refiner that there may be
    {"overwrite_switch", "", Harmless},
    {"lora*", "", Harmless},  // read apart
    {"inpaint*", "", Inpainting},
    {"styles", "", Harmless},            // The full prompt has them,
    {"prompt_expansion", "", Harmless},  // and this.
    {"performance", "", Harmless},
    {"metadata_scheme", "", Harmless},
    {"created_by", "", Harmless},
    {"version", "", Harmless},
};

constexpr MemberRule kSwarmRules[] = {
    {"prompt", "prompt"},
    {"negativeprompt", "negative"},
    {"steps", "Steps"},
    {"sampler", "sampler"},
    {"comfyuisampler", "sampler"},
    {"autowebuisampler", "sampler"},
    {"scheduler", "schedule"},
    {"comfyuischeduler", "schedule"},
    {"cfgscale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "width"},
    {"height", "height"},
    {"variationseed", "Variation seed"},
    {"variationseedstrength", "Variation seed strength"},
    {"initimagecreativity", "Denoising strength"},
    {"model", "Model"},
    {"vae", "", Vae},
    {"lora*", "", Harmless},  // read apart, as are the next two
    {"clipstopatlayer", "", Harmless},
    {"seamlesstileable", "", Harmless},
    {"zeronegative", "", Sampling},
    {"refiner*", "", Refiner},
    {"control*", "", Control},
    {"initimagenoise", "", Sampling},
    {"initimageresettonorm", "", Sampling},
    {"initimage*", "", Harmless},
    {"mask*", "", Inpainting},
    {"freeu*", "", Network},
    {"aspectratio", "", Harmless},
    {"nopreviews", "", Harmless},
    {"imageformat", "", Harmless},
    {"wildcardseed*", "", Harmless},
    {"used_*", "", Harmless},
    {"internalbackendtype", "", Harmless},
    {"noseedincrement", "", Harmless},
    {"saveintermediateimages", "", Harmless},
    {"modelspecificenhancements", "", Harmless},
    {"prompt_parse_time", "", Harmless},
    {"sidelength", "", Harmless},
    {"automaticvae", "", Harmless},
    {"images", "", Harmless},
    {"batchsize", "", Harmless},
    {"swarm_version", "", Harmless},
    {"date", "", Harmless},
    {"generation_time", "", Harmless},
    {"personalnote", "", Harmless},
    {"donotsave*", "", Harmless},
    {"original_*", "", Harmless},
};

constexpr MemberRule kEasyRules[] = {
    {"prompt", "prompt"},
    {"negative_prompt", "negative"},
    {"num_inference_steps", "Steps"},
    {"sampler_name", "sampler"},
    {"scheduler_name", "schedule"},
    {"guidance_scale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "width"},
    {"height", "height"},
    {"use_stable_diffusion_model", "Model"},
    {"use_vae_model", "", Vae},
    {"use_embedding*", "", Embedding},
    {"use_controlnet_model", "", Control},
    {"control_*", "", Harmless},  // of a ControlNet that there may be
    {"use_face_correction", "", Finishing},
    {"codeformer_*", "", Harmless},  // of a correction that there may be
    {"use_upscale", "", Finishing},
    {"upscale_amount", "", Harmless},  // of an upscaler that there may be, as the next one
    {"latent_upscaler_steps", "", Harmless},
    {"mask", "", Inpainting},
    {"init_image_mask", "", Inpainting},
    {"strict_mask_border", "", Inpainting},
    {"preserve_init_image_color_profile", "", Finishing},
    {"distilled_guidance_scale", "", Harmless},  // of models of other families
    {"enable_vae_tiling", "", Network},
    {"use_lora_model", "", Harmless},  // read apart, as is what follows
    {"lora_alpha", "", Harmless},
    {"use_hypernetwork_model", "", Harmless},
    {"hypernetwork_strength", "", Harmless},
    {"clip_skip", "", Harmless},
    {"tiling", "", Harmless},
    {"prompt_strength", "", Harmless},
    {"init_image", "", Harmless},

    {"original_prompt", "", Harmless},
    {"active_tags", "", Harmless},  // The prompt has them.
    {"inactive_tags", "", Harmless},
    {"num_outputs", "", Harmless},
    {"vram_usage_level", "", Harmless},
    {"use_cpu", "", Harmless},
    {"block_nsfw", "", Harmless},
    {"show_only_filtered_image", "", Harmless},
    {"stream_*", "", Harmless},
    {"output_*", "", Harmless},
    {"metadata_output_format", "", Harmless},
    {"save_to_disk_path", "", Harmless},
    {"session_id", "", Harmless},
    {"request_id", "", Harmless},
};

/// Easy Diffusion writes either its own names or these.
constexpr std::pair<std::string_view, std::string_view> kEasyTitles[] = {
    {"Prompt", "prompt"},
    {"Negative Prompt", "negative_prompt"},
    {"Steps", "num_inference_steps"},
    {"Sampler", "sampler_name"},
    {"Scheduler", "scheduler_name"},
    {"Guidance Scale", "guidance_scale"},
    {"Seed", "seed"},
    {"Width", "width"},
    {"Height", "height"},
    {"Clip Skip", "clip_skip"},
    {"Prompt Strength", "prompt_strength"},
    {"Stable Diffusion model", "use_stable_diffusion_model"},
    {"VAE model", "use_vae_model"},
    {"LoRA model", "use_lora_model"},
    {"LoRA Strength", "lora_alpha"},
    {"Hypernetwork model", "use_hypernetwork_model"},
    {"Hypernetwork Strength", "hypernetwork_strength"},
    {"Embedding models", "use_embedding_models"},
    {"ControlNet model", "use_controlnet_model"},
    {"Use Face Correction", "use_face_correction"},
    {"Use Upscaling", "use_upscale"},
    {"Upscale By", "upscale_amount"},
    {"Latent Upscaler Steps", "latent_upscaler_steps"},
    {"ControlNet Filter", "control_filter_to_apply"},
    {"ControlNet Strength", "control_alpha"},
    {"Seamless Tiling", "tiling"},
};

/// "loras": [[name, weight, hash]], or "lora_combined_1": "name : weight".
void read_fooocus_loras(const Json& object, PictureDraft& draft) {
  if (const Json* const loras = find_member(object, "loras");
      loras != nullptr && loras->is_array()) {
    for (const Json& lora : *loras) {
      if (lora.is_array() && lora.size() > 1) {
        const double weight = parse_number(scalar_text(lora[1])).value_or(1);
        add_lora(draft, "loras", scalar_text(lora[0]), weight, weight);
      }
    }
    return;
  }
  if (!object.is_object()) {
    return;
  }
  for (const auto& [member, value] : object.items()) {
    const std::string text = scalar_text(value);
    const std::size_t colon = text.rfind(" : ");
    if (member.starts_with("lora_combined_") && colon != std::string::npos) {
      const double weight = parse_number(trimmed(text.substr(colon + 3))).value_or(1);
      add_lora(draft, member, text.substr(0, colon), weight, weight);
    }
  }
}

PictureDraft read_fooocus(const Json& object) {
  PictureDraft draft =
      flat_draft(PictureProgram::Fooocus, PromptScheme::ComfyUi, object, kFooocusRules);
  Infotext& meant = draft.result.meant;
  if (find_member(object, "full_prompt") == nullptr) {
    meant.prompt = member_text(object, "prompt");
    meant.negative_prompt = member_text(object, "negative_prompt");
  }
  meant.set("RNG", "CPU");
  draft.markup = {.tags = true};
  read_fooocus_loras(object, draft);
  note_likeness(draft);
  return draft;
}

PictureDraft read_swarm(const Json& object) {
  PictureDraft draft =
      flat_draft(PictureProgram::SwarmUi, PromptScheme::ComfyUi, object, kSwarmRules);
  draft.result.meant.set("RNG", "CPU");
  draft.markup = {.tags = true};
  if (const Json* const loras = find_member(object, "loras")) {
    add_loras(draft, "loras", *loras, find_member(object, "loraweights"));
  }
  if (const auto layer = parse_integer(member_text(object, "clipstopatlayer"));
      layer && *layer < -1 && *layer > -100) {
    draft.result.meant.set("Clip skip", std::to_string(-*layer));
  }
  const std::string tiling = member_text(object, "seamlesstileable");
  set_tiling(draft, tiling == "true" || tiling == "X-Only", tiling == "true" || tiling == "Y-Only");
  note_likeness(draft);
  return draft;
}

PictureDraft read_easy_object(const Json& object) {
  PictureDraft draft =
      flat_draft(PictureProgram::EasyDiffusion, PromptScheme::Compel, object, kEasyRules);
  Infotext& meant = draft.result.meant;
  if (member_text(object, "clip_skip") == "True") {
    meant.set("Clip skip", "2");
  }
  if (const Json* const loras = find_member(object, "use_lora_model")) {
    add_loras(draft, "use_lora_model", *loras, find_member(object, "lora_alpha"));
  }
  const std::string hypernetwork = member_text(object, "use_hypernetwork_model");
  if (!is_neutral_value(hypernetwork)) {
    const auto strength = parse_number(member_text(object, "hypernetwork_strength"));
    add_hypernetwork(draft, "use_hypernetwork_model", hypernetwork,
                     number_text(strength.value_or(1)));
  }
  const std::string tiling = member_text(object, "tiling");
  set_tiling(draft, tiling.find('x') != std::string::npos, tiling.find('y') != std::string::npos);
  const std::string strength = member_text(object, "prompt_strength");
  if (find_member(object, "init_image") != nullptr ||
      (!strength.empty() && !is_neutral_value(strength))) {
    meant.set("Denoising strength", strength);
  }
  note_likeness(draft);
  return draft;
}

/// Texts that any program that writes PNG files may add: PNG's own words, EXIF, XMP, dates.
bool is_of_anybody(std::string_view keyword) {
  constexpr std::string_view kWords[] = {"Title",     "Author",        "Description", "Comment",
                                         "Copyright", "Creation Time", "Software",    "Disclaimer",
                                         "Warning",   "Source"};
  return std::ranges::find(kWords, keyword) != std::end(kWords) ||
         keyword.find(':') != keyword.npos || keyword.starts_with("Raw profile type ");
}

}  // namespace

std::optional<PictureDraft> read_flat_json(const Json& object) {
  if (const Json* swarm = find_member(object, "sui_image_params")) {
    return read_swarm(*swarm);
  }
  if (find_member(object, "num_inference_steps") != nullptr) {
    return read_easy_object(object);
  }
  if (find_member(object, "full_prompt") != nullptr ||
      find_member(object, "base_model") != nullptr) {
    return read_fooocus(object);
  }
  return read_draw_things_json(object);
}

std::optional<PictureDraft> read_easy_diffusion(std::span<const ImageText> texts) {
  Json object = Json::object();
  for (const ImageText& text : texts) {
    if (is_of_anybody(text.keyword)) {
      continue;
    }
    std::string name = text.keyword;
    for (const auto& [title, member] : kEasyTitles) {
      name = text.keyword == title ? std::string(member) : name;
    }
    object[name] = text.text;
  }
  const bool known = find_member(object, "num_inference_steps") != nullptr &&
                     find_member(object, "prompt") != nullptr;
  return known ? std::optional(read_easy_object(object)) : std::nullopt;
}

}  // namespace ptravel
