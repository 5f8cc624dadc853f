// NovelAI: Description is the prompt, Comment a JSON object of settings.

#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using enum KeyEffect;

constexpr MemberRule kRules[] = {
    {"steps", "Steps"},
    {"sampler", "sampler"},
    {"noise_schedule", "schedule"},
    {"scale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "width"},
    {"height", "height"},
    {"uc", "negative"},
    {"prompt", "prompt"},
    {"cfg_rescale", "CFG Rescale"},

    {"sm", "", Sampling},
    {"sm_dyn", "", Sampling},
    {"autoSmea", "", Sampling},
    {"uncond_scale", "", Sampling, "1|1.0|0|0.0|1e-05"},
    {"dynamic_thresholding", "", Sampling},
    {"dynamic_thresholding_*", "", Harmless},  // numbers of what may be off
    {"skip_cfg_above_sigma", "", Sampling},
    {"skip_cfg_below_sigma", "", Sampling},
    {"cfg_sched_eligibility", "", Sampling, "enable_for_post_summer_samplers"},
    {"deliberate_euler_ancestral_bug", "", Sampling},
    {"prefer_brownian", "", Sampling, "True"},
    {"explike_fine_detail", "", Sampling},
    {"minimize_sigma_inf", "", Sampling},
    {"legacy*", "", Sampling},
    {"eta", "", Sampling, "1|1.0"},
    {"negative_momentum", "", Sampling},
    {"color_correct", "", Finishing},
    {"controlnet_strength", "", Harmless},  // of a model that may be none
    {"controlnet_*", "", Control},
    {"normalize_reference_strength_multiple", "", Harmless},
    {"reference_*", "", Control},
    {"director_reference_*", "", Control},
    {"uncond_per_vibe", "", Harmless},  // of references that there may be
    {"wonky_vibe_correlation", "", Harmless},
    {"lora_*", "", Adapter},
    {"mask", "", Inpainting},
    {"inpaintImg2ImgStrength", "", Inpainting, "1|1.0"},
    {"characterPrompts", "", MorePrompts},
    {"v4_prompt", "", Harmless},  // read apart, as are the next five
    {"v4_negative_prompt", "", Harmless},
    {"request_type", "", Harmless},
    {"image", "", Harmless},
    {"strength", "", Harmless},
    {"noise", "", Harmless},

    {"extra_noise_seed", "", Harmless},
    {"add_original_image", "", Harmless},
    {"n_samples", "", Harmless},
    {"ucPreset", "", Harmless},  // the prompts have what these added
    {"uc_preset", "", Harmless},
    {"qualityToggle", "", Harmless},
    {"quality_toggle", "", Harmless},
    {"tag_hint_*", "", Harmless},
    {"use_coords", "", Harmless},  // of characters' prompts
    {"use_order", "", Harmless},
    {"model", "", Harmless},
    {"version", "", Harmless},
    {"params_version", "", Harmless},
    {"image_format", "", Harmless},
    {"stream", "", Harmless},
    {"request_id", "", Harmless},
    {"signed_hash", "", Harmless},
    {"hide_debug_overlay", "", Harmless},
    {"extra_passthrough_testing", "", Harmless},
};

/// {"caption": {"base_caption", "char_captions": [...]}}: the base is the prompt.
void tell_characters(const nlohmann::json& settings, std::string_view member, PictureDraft& draft) {
  const nlohmann::json* const prompt = find_member(settings, member);
  const nlohmann::json* const caption =
      prompt == nullptr ? nullptr : find_member(*prompt, "caption");
  const nlohmann::json* const characters =
      caption == nullptr ? nullptr : find_member(*caption, "char_captions");
  if (characters == nullptr || !characters->is_array()) {
    return;
  }
  for (const nlohmann::json& character : *characters) {
    draft.keys.add(MorePrompts, member, member_text(character, "char_caption"));
  }
}

/// A picture made from another one says so; strength and noise alone do not.
bool is_img2img(const nlohmann::json& comment) {
  const std::string type = member_text(comment, "request_type");
  return type == "Img2ImgRequest" || type == "NativeInfillingRequest" ||
         find_member(comment, "image") != nullptr;
}

}  // namespace

std::optional<PictureDraft> read_novelai(std::string_view description,
                                         std::string_view source,
                                         std::string_view comment) {
  const auto settings = parse_picture_json(comment);
  if (!settings || find_member(*settings, "steps") == nullptr) {
    return std::nullopt;
  }
  PictureDraft draft;
  draft.result.program = PictureProgram::NovelAi;
  draft.scheme = PromptScheme::NovelAi;
  Infotext& meant = draft.result.meant;
  // The order in which the web UI translates it.
  meant.items = {{"Steps", ""},     {"Sampler", ""}, {"Schedule type", ""},
                 {"CFG scale", ""}, {"Seed", ""},    {"Size", ""}};
  read_members(*settings, kRules, draft);
  meant.set("Sampler", draft.sampler);
  if (!description.empty()) {
    meant.prompt = description;
  }
  meant.set("Clip skip", "2");
  meant.set("ENSD", "31337");
  if (is_img2img(*settings)) {
    meant.set("Denoising strength", member_text(*settings, "strength"));
    draft.keys.add(Sampling, "noise", member_text(*settings, "noise"));
  }
  for (const char* member : {"v4_prompt", "v4_negative_prompt"}) {
    tell_characters(*settings, member, draft);
  }
  if (member_text(*settings, "request_type") == "NativeInfillingRequest") {
    draft.keys.add(Inpainting, "request_type", "NativeInfillingRequest");
  }
  draft.note("it was drawn by NovelAI's own model" +
             (source.empty() ? std::string() : " (" + std::string(source) + ")"));
  return draft;
}

}  // namespace ptravel
