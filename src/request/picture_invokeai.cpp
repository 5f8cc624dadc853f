// InvokeAI: "invokeai_metadata" (3 and later), "sd-metadata" (2), "Dream" (1: a command line).

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;
using enum KeyEffect;

constexpr MemberRule kNewRules[] = {
    {"positive_prompt", "prompt"},
    {"negative_prompt", "negative"},
    {"steps", "Steps"},
    {"scheduler", "sampler"},
    {"cfg_scale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "width"},
    {"height", "height"},
    {"cfg_rescale_multiplier", "CFG Rescale"},

    {"controlnets", "", Control},
    {"ipAdapters", "", Control},
    {"t2iAdapters", "", Control},
    {"ref_images", "", Control},
    {"regions", "", MorePrompts},
    {"refiner_*", "", Refiner},
    {"upscale*", "", Finishing},
    {"facetool*", "", Finishing},
    {"hrf_*", "", Harmless},  // values of a pass that may be off
    {"loras", "", Harmless},  // read apart, as is what follows
    {"model", "", Harmless},
    {"vae", "", Harmless},
    {"clip_skip", "", Harmless},
    {"rand_device", "", Harmless},
    {"seamless_*", "", Harmless},
    {"generation_mode", "", Harmless},
    {"init_image", "", Harmless},
    {"strength", "", Harmless},
    {"positive_style_prompt", "", Harmless},
    {"negative_style_prompt", "", Harmless},
    {"control_layers", "", Harmless},
    {"canvas_v2_metadata", "", Harmless},

    {"app_version", "", Harmless},
    {"metadata_version", "", Harmless},
    {"created_by", "", Harmless},
    {"id", "", Harmless},
    {"type", "", Harmless},
    {"is_intermediate", "", Harmless},
    {"use_cache", "", Harmless},
};

constexpr MemberRule kOldRules[] = {
    {"steps", "Steps"},
    {"sampler", "sampler"},
    {"cfg_scale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "width"},
    {"height", "height"},

    {"threshold", "", Sampling},
    {"perlin", "", Sampling},
    {"variations", "", Sampling},
    {"h_symmetry_time_pct", "", Sampling},
    {"v_symmetry_time_pct", "", Sampling},
    {"hires_fix", "", Hires},
    {"postprocessing", "", Finishing},
    {"facetool_strength", "", Harmless},  // of what may be off
    {"facetool", "", Finishing},
    {"upscale", "", Finishing},
    {"init_mask", "", Inpainting},
    {"mask*", "", Inpainting},
    {"inpaint_replace", "", Inpainting},
    {"prompt", "", Harmless},  // read apart, as is what follows
    {"seamless", "", Harmless},
    {"type", "", Harmless},
    {"strength", "", Harmless},
    {"strength_steps", "", Harmless},

    {"init_img", "", Harmless},
    {"init_image_path", "", Harmless},
    {"orig_hash", "", Harmless},
    {"fit", "", Harmless},
    {"step_number", "", Harmless},
    {"extra", "", Harmless},
};

PictureDraft new_draft() {
  PictureDraft draft;
  draft.result.program = PictureProgram::InvokeAi;
  draft.scheme = PromptScheme::Compel;
  draft.sampler_key = "scheduler";
  draft.note(
      "InvokeAI spaces its steps and weighs words otherwise: the picture will be like it, "
      "not equal");
  return draft;
}

/// "loras": [{"model" or "lora": {"name" or "model_name"}, "weight"}].
void read_loras(const Json& metadata, PictureDraft& draft) {
  const Json* const loras = find_member(metadata, "loras");
  if (loras == nullptr || !loras->is_array()) {
    return;
  }
  for (const Json& entry : *loras) {
    std::string name;
    for (const char* holder : {"model", "lora"}) {
      if (const Json* const model = find_member(entry, holder)) {
        name = member_text(*model, "name") + member_text(*model, "model_name");
      }
    }
    const double weight = parse_number(member_text(entry, "weight")).value_or(1);
    if (name.empty()) {
      draft.keys.add(Adapter, "loras", entry.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    add_lora(draft, "loras", name, weight, weight);
  }
}

/// The parts in square brackets are the negative prompt.
void take_negative_parts(Infotext& text) {
  std::string positive;
  std::string negative;
  bool inside = false;
  for (const char c : text.prompt) {
    if (c == '[' && !inside) {
      inside = true;
      negative += negative.empty() ? "" : " ";
    } else if (c == ']' && inside) {
      inside = false;
    } else {
      (inside ? negative : positive) += c;
    }
  }
  text.prompt = trimmed(positive);
  text.negative_prompt = trimmed(negative);
}

void end_draft(PictureDraft& draft) {
  if (!draft.sampler.empty()) {
    draft.result.meant.set("Sampler", draft.sampler);
  }
  for (const char* call : {".and(", ".blend(", ".swap("}) {
    if (draft.result.meant.prompt.find(call) != std::string::npos) {
      draft.note(std::string(call) + ") in the prompt is not supported, it is drawn as text");
    }
  }
}

/// Layers that were not switched off.
std::size_t count_layers(const Json* layers) {
  if (layers == nullptr || !layers->is_array()) {
    return 0;
  }
  return static_cast<std::size_t>(
      std::count_if(layers->begin(), layers->end(),
                    [](const Json& layer) { return member_text(layer, "isEnabled") != "False"; }));
}

/// The layers of a canvas, in either version: which ones there are, not what they hold.
void tell_layers(const Json& metadata, PictureDraft& draft) {
  const auto tell = [&draft](KeyEffect effect, const Json& holder, const char* name) {
    draft.keys.add(effect, name, std::to_string(count_layers(find_member(holder, name))));
  };
  if (const Json* const canvas = find_member(metadata, "canvas_v2_metadata")) {
    tell(Control, *canvas, "referenceImages");
    tell(Control, *canvas, "controlLayers");
    tell(MorePrompts, *canvas, "regionalGuidance");
  }
  if (const Json* const canvas = find_member(metadata, "control_layers")) {
    tell(MorePrompts, *canvas, "layers");
  }
}

/// SDXL's second text encoder may have had a prompt of its own.
void tell_style_prompts(const Json& metadata, PictureDraft& draft) {
  for (const std::string side : {"positive", "negative"}) {
    const std::string style = member_text(metadata, side + "_style_prompt");
    if (style != member_text(metadata, side + "_prompt")) {
      draft.keys.add(MorePrompts, side + "_style_prompt", style);
    }
  }
}

PictureDraft read_new(const Json& metadata) {
  PictureDraft draft = new_draft();
  Infotext& meant = draft.result.meant;
  read_members(metadata, kNewRules, draft);
  const std::string skipped = member_text(metadata, "clip_skip");
  if (const auto layers = parse_integer(skipped); layers && *layers > 0 && *layers < 100) {
    meant.set("Clip skip", std::to_string(*layers + 1));
  }
  meant.set("RNG", member_text(metadata, "rand_device") == "cpu" ? "CPU" : "NV");
  draft.keys.add(Hires, "hrf_enabled", member_text(metadata, "hrf_enabled"));
  read_loras(metadata, draft);
  set_tiling(draft, member_text(metadata, "seamless_x") == "True",
             member_text(metadata, "seamless_y") == "True");
  tell_layers(metadata, draft);
  tell_style_prompts(metadata, draft);
  const std::string mode = member_text(metadata, "generation_mode");
  const bool masked = mode.ends_with("inpaint") || mode.ends_with("outpaint");
  draft.keys.add(Inpainting, "generation_mode", masked ? mode : "");
  if (masked || mode.ends_with("img2img") || !member_text(metadata, "init_image").empty()) {
    meant.set("Denoising strength", member_text(metadata, "strength"));
  }
  if (const Json* model = find_member(metadata, "model")) {
    const std::string base =
        member_text(*model, find_member(*model, "base") != nullptr ? "base" : "base_model");
    if (!base.empty() && base != "sd-1") {
      draft.note("model: " + base + " is another family of models than Stable Diffusion 1");
    }
    const std::string name = member_text(*model, "name");
    meant.set("Model", name.empty() ? member_text(*model, "model_name") : name);
  }
  if (const Json* vae = find_member(metadata, "vae"); vae != nullptr && vae->is_object()) {
    draft.leave_out(Vae, "vae", member_text(*vae, "name") + member_text(*vae, "model_name"));
  }
  end_draft(draft);
  return draft;
}

PictureDraft read_old(const Json& image) {
  PictureDraft draft = new_draft();
  Infotext& meant = draft.result.meant;
  draft.sampler_key = "sampler";
  read_members(image, kOldRules, draft);
  if (const Json* prompt = find_member(image, "prompt")) {
    const bool list = prompt->is_array() && !prompt->empty();
    meant.prompt = list ? member_text(prompt->front(), "prompt") : scalar_text(*prompt);
  }
  take_negative_parts(meant);
  const bool tiles = member_text(image, "seamless") == "True";
  set_tiling(draft, tiles, tiles);
  if (member_text(image, "type") == "img2img") {
    // The command line of those versions wrote it under another name.
    const std::string strength = member_text(image, "strength");
    meant.set("Denoising strength",
              strength.empty() ? member_text(image, "strength_steps") : strength);
  }
  end_draft(draft);
  return draft;
}

/// An option of the command line and the item it becomes.
struct DreamOption {
  std::string_view option;
  std::string_view key;
  KeyEffect effect = Applied;
};

constexpr DreamOption kDreamOptions[] = {{"-ft", "", Finishing},
                                         {"-save", "", Harmless},
                                         {"-s", "Steps"},
                                         {"-S", "Seed"},
                                         {"-W", "width"},
                                         {"-H", "height"},
                                         {"-C", "CFG scale"},
                                         {"-A", "sampler"},
                                         {"-f", "Denoising strength"},
                                         {"-G", "", Finishing},
                                         {"-U", "", Finishing},
                                         {"-V", "", Sampling},
                                         {"-v", "", Sampling},
                                         {"-M", "", Inpainting},
                                         {"-I", "", Harmless},  // the init picture
                                         {"-F", "", Harmless},
                                         {"-n", "", Harmless},
                                         {"-b", "", Harmless},
                                         {"-g", "", Harmless},
                                         {"-o", "", Harmless},
                                         {"-p", "", Harmless},
                                         {"--fit", "", Harmless},
                                         {"--fnformat", "", Harmless},
                                         {"--hires_fix", "", Hires},
                                         {"--seamless", "seamless"},
                                         {"--perlin", "", Sampling},
                                         {"--threshold", "", Sampling}};

void read_dream_option(std::string_view word,
                       std::string_view value,
                       PictureDraft& draft,
                       Json& image) {
  for (const DreamOption& option : kDreamOptions) {
    // Values may stand at once behind the letter: "-s50".
    if (word.starts_with(option.option)) {
      const std::string_view own = word.substr(option.option.size());
      const std::string text(own.empty() ? value : own);
      if (option.key.empty()) {
        draft.keys.add(option.effect, option.option, text.empty() ? "on" : text);
      } else {
        image[std::string(option.key)] = text;
      }
      return;
    }
  }
  const bool is_option = word.size() > 1 && word[0] == '-' && std::isdigit(word[1]) == 0;
  draft.keys.add(is_option ? Unknown : Harmless, word, value.empty() ? "on" : value);
}

/// "\"a cat [dog]\" -s 50 -S 12 -W 512 -H 512 -C 7.5 -A k_lms".
std::optional<PictureDraft> read_dream(std::string_view line) {
  line = trimmed(line);
  const std::size_t end = line.rfind('"');
  if (!line.starts_with('"') || end == 0) {
    return std::nullopt;
  }
  PictureDraft draft = new_draft();
  draft.sampler_key = "-A";
  draft.result.meant.prompt = line.substr(1, end - 1);
  take_negative_parts(draft.result.meant);
  const std::vector<std::string_view> words = split(line.substr(end + 1), ' ');
  Json found = Json::object();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool next = i + 1 < words.size() && !words[i + 1].starts_with("-");
    read_dream_option(words[i], next ? words[i + 1] : "", draft, found);
  }
  constexpr MemberRule kDreamRules[] = {{"Steps", "Steps"},
                                        {"sampler", "sampler"},
                                        {"CFG scale", "CFG scale"},
                                        {"Seed", "Seed"},
                                        {"width", "width"},
                                        {"height", "height"},
                                        {"Denoising strength", "Denoising strength"}};
  const bool tiles = find_member(found, "seamless") != nullptr;
  set_tiling(draft, tiles, tiles);
  found.erase("seamless");
  read_members(found, kDreamRules, draft);
  end_draft(draft);
  return draft.result.meant.find("Seed") ? std::optional(std::move(draft)) : std::nullopt;
}

}  // namespace

std::optional<PictureDraft> read_invokeai(std::span<const ImageText> texts) {
  if (const auto metadata =
          parse_picture_json(find_text(texts, "invokeai_metadata").value_or(""))) {
    return read_new(*metadata);
  }
  if (const auto metadata = parse_picture_json(find_text(texts, "sd-metadata").value_or(""))) {
    const Json* image = find_member(*metadata, "image");
    return image != nullptr ? std::optional(read_old(*image)) : std::nullopt;
  }
  return read_dream(find_text(texts, "Dream").value_or(""));
}

}  // namespace ptravel
