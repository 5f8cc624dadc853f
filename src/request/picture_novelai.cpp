// NovelAI: Description is the prompt, Comment a JSON object of settings.

#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

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
    {"sm", "", KeyEffect::Sampling},
    {"sm_dyn", "", KeyEffect::Sampling},
    {"cfg_rescale", "CFG Rescale"},
    {"dynamic_thresholding", "", KeyEffect::Sampling},
    {"skip_cfg_above_sigma", "", KeyEffect::Sampling},
    {"controlnet_model", "", KeyEffect::Control},
    {"reference_*", "", KeyEffect::Control},
    {"lora_*", "", KeyEffect::Adapter},
    {"hide_debug_overlay", "", KeyEffect::Harmless},
    {"*", "", KeyEffect::Harmless},
};

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
  }
  if (member_text(*settings, "request_type") == "NativeInfillingRequest") {
    draft.keys.add(KeyEffect::Inpainting, "request_type", "NativeInfillingRequest");
  }
  draft.note("it was drawn by NovelAI's own model" +
             (source.empty() ? std::string() : " (" + std::string(source) + ")"));
  return draft;
}

}  // namespace ptravel
