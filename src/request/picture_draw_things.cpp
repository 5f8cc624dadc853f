// Draw Things: a JSON object in the XMP text, with the app's whole configuration as "v2" in it.

#include "base/text.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;
using enum KeyEffect;

constexpr MemberRule kRules[] = {
    {"c", "prompt"},
    {"uc", "negative"},
    {"steps", "Steps"},
    {"sampler", "sampler"},
    {"scale", "CFG scale"},
    {"seed", "Seed"},
    {"size", "Size"},
    {"model", "Model"},
    {"image_guidance", "Image CFG scale"},

    {"control", "", Control},
    {"upscaler", "", Finishing},
    {"upscaler_scale", "", Harmless},  // of an upscaler that there may be
    {"hires_fix", "", Hires},
    {"first_stage_size", "", Harmless},  // of that pass, as the next one
    {"second_stage_strength", "", Harmless},
    {"refiner", "", Refiner},
    {"refiner_start", "", Harmless},    // of a refiner that there may be,
    {"aesthetic_score", "", Harmless},  // which alone is told this and the next one
    {"negative_aesthetic_score", "", Harmless},
    {"crop_top", "SDXL crop top"},
    {"crop_left", "SDXL crop left"},
    {"target_size", "", Harmless},  // compared with the size, as the next two
    {"original_size", "", Harmless},
    {"negative_original_size", "", Harmless},
    {"zero_negative_prompt", "", Sampling},
    {"shift", "", Sampling, "1|1.0"},
    {"sharpness", "", Sampling},
    {"stochastic_sampling_gamma", "", Sampling},
    {"tiled_decoding", "", Network},
    {"decoding_tile_*", "", Harmless},  // of tiles that there may be
    {"tiled_diffusion", "", Network},
    {"diffusion_tile_*", "", Harmless},
    {"mask_blur", "", Harmless},  // of a mask that there may be
    {"mask_blur_outset", "", Inpainting},
    {"lora", "", Harmless},  // read apart, as is what follows
    {"clip_skip", "", Harmless},
    {"strength", "", Harmless},
    {"seed_mode", "", Harmless},
    {"v2", "", Harmless},

    {"profile", "", Harmless},  // how long it took
};

/// What the configuration alone tells. It says everything again that stands beside it, and the rest
/// has a value whether it is on or not.
constexpr MemberRule kConfigurationRules[] = {
    {"faceRestoration", "", Finishing},
    {"cfgZeroStar", "", Sampling},
    {"teaCache", "", Network},
    {"causalInference", "", Network},
    {"separateClipL", "", MorePrompts},
    {"separateOpenClipG", "", MorePrompts},
    {"colorCalibration", "", Finishing},
    {"compressionArtifacts", "", Finishing},
    {"*", "", Harmless},
};

/// "lora": [{"model": file, "weight"}].
void read_loras(const Json& object, PictureDraft& draft) {
  const Json* const loras = find_member(object, "lora");
  if (loras == nullptr || !loras->is_array()) {
    return;
  }
  for (const Json& lora : *loras) {
    const double weight = parse_number(member_text(lora, "weight")).value_or(1);
    const std::string name = member_text(lora, "model");
    if (name.empty()) {
      draft.keys.add(Adapter, "lora", lora.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    add_lora(draft, "lora", name, weight, weight);
  }
}

/// Where the first noise comes from. The app's own ways are not known here.
void read_seed_mode(const Json& object, PictureDraft& draft) {
  const std::string mode = member_text(object, "seed_mode");
  if (mode == "Torch CPU Compatible") {
    draft.result.meant.set("RNG", "CPU");
  } else if (mode == "NVIDIA GPU Compatible") {
    draft.result.meant.set("RNG", "NV");
  } else {
    draft.keys.add(Sampling, "seed_mode", mode);
  }
}

/// SDXL is told sizes; here they are those of the picture.
void tell_other_sizes(const Json& object, PictureDraft& draft) {
  const std::string size = size_of_text(member_text(object, "size"));
  for (const char* member : {"target_size", "original_size", "negative_original_size"}) {
    const std::string told = size_of_text(member_text(object, member));
    if (told != size) {
      draft.keys.add(Sampling, member, told, "sizes");
    }
  }
}

/// Characters that XML writes as entities.
std::string xml_text(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&quot;", '"'}, {"&apos;", '\''}, {"&lt;", '<'},   {"&gt;", '>'},
      {"&#39;", '\''}, {"&#34;", '"'},   {"&#xA;", '\n'}, {"&amp;", '&'}};
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    bool replaced = false;
    for (const auto& [entity, character] : kEntities) {
      if (text.substr(i).starts_with(entity)) {
        result += character;
        i += entity.size();
        replaced = true;
        break;
      }
    }
    if (!replaced) {
      result += text[i++];
    }
  }
  return result;
}

}  // namespace

std::optional<PictureDraft> read_draw_things_json(const Json& object) {
  if (find_member(object, "c") == nullptr || find_member(object, "uc") == nullptr) {
    return std::nullopt;
  }
  PictureDraft draft =
      flat_draft(PictureProgram::DrawThings, PromptScheme::Brackets, object, kRules);
  if (const Json* const configuration = find_member(object, "v2")) {
    read_members(*configuration, kConfigurationRules, draft);
  }
  Infotext& meant = draft.result.meant;
  const std::string strength = member_text(object, "strength");
  if (parse_number(strength).value_or(1) < 1) {
    meant.set("Denoising strength", strength);
  }
  if (const auto skip = parse_integer(member_text(object, "clip_skip"));
      skip && *skip > 1 && *skip < 100) {
    meant.set("Clip skip", std::to_string(*skip));
  }
  draft.markup = {.tags = true};
  read_seed_mode(object, draft);
  read_loras(object, draft);
  tell_other_sizes(object, draft);
  note_likeness(draft);
  return draft;
}

std::optional<PictureDraft> read_draw_things(std::string_view xmp) {
  const std::size_t comment = xmp.find("exif:UserComment");
  const std::size_t begin = comment == std::string_view::npos ? comment : xmp.find('{', comment);
  if (begin == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string text = xml_text(xmp.substr(begin, xmp.find('<', begin) - begin));
  const auto object = parse_picture_json(text);
  return object ? read_flat_json(*object) : std::nullopt;
}

}  // namespace ptravel
