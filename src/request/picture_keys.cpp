// The keys of the web UI's parameters text, of its descendants and of their common extensions.

#include "request/picture_keys.h"

#include <algorithm>

#include "base/text.h"

namespace ptravel {
namespace {

constexpr std::size_t kLongestValue = 60;

/// A key, or with '*' at its end the beginning of keys; upper and lower case are the same. Keys of
/// one topic belong to one setting.
struct KeyRule {
  std::string_view pattern;
  KeyEffect effect;
  std::string_view topic = pattern;
};

using enum KeyEffect;

/// The first rule that fits counts.
constexpr KeyRule kRules[] = {
    {"Steps", Applied},
    {"Sampler", Applied},
    {"Schedule type", Applied},
    {"CFG scale", Applied},
    {"Seed", Applied},
    {"Size", Applied},
    {"Variation seed", Applied},
    {"Variation seed strength", Applied},
    {"Seed resize from", Applied},
    {"Denoising strength", Applied},
    {"Clip skip", Applied},
    {"ENSD", Applied},
    {"Eta", Applied},
    {"Eta DDIM", Applied},
    {"Sigma churn", Applied},
    {"Sigma tmin", Applied},
    {"Sigma tmax", Applied},
    {"Sigma noise", Applied},
    {"Schedule max sigma", Applied},
    {"Schedule min sigma", Applied},
    {"Schedule rho", Applied},
    {"Skip Early CFG", Applied},
    {"NGMS", Applied},
    {"NGMS all steps", Applied},
    {"CFG end", Applied},
    {"CFG Rescale", Applied},
    {"APG eta", Applied},
    {"APG threshold", Applied},
    {"APG momentum", Applied},
    {"RNG", Applied},
    {"Noise multiplier", Applied},
    {"Pad conds", Applied},
    {"Emphasis", Applied},
    {"Old prompt editing timelines", Applied},
    {"Prompt Travel", Applied},
    {"Precision", Applied},
    {"VAE Decoder", Applied},
    {"Comma backtrack", Applied},
    {"Fix steps", Applied},
    {"Travel *", Applied},
    {"Tiling", Applied},
    {"Image CFG scale", Applied},
    {"Conditional mask weight", Applied},

    {"Version", Harmless},
    {"App", Harmless},
    {"Backend", Harmless},
    {"Pipeline", Harmless},
    {"Operations", Harmless},
    {"User", Harmless},
    {"Model", Harmless},
    {"Model hash", Harmless},
    {"Hashes", Harmless},
    {"Module hashes", Harmless},
    {"Init image *", Harmless},
    {"Cache FP16 weight for LoRA", Harmless},
    {"Batch*", Harmless},
    {"Index", Harmless},
    {"Grid", Harmless},
    {"Comment", Harmless},
    {"Date", Harmless},
    {"Created *", Harmless},
    {"Time*", Harmless},
    {"Civitai *", Harmless},
    {"SDCPP", Harmless},  // read apart
    {"Style*", Harmless},
    {"Performance", Harmless},
    {"Template*", Harmless},
    {"Negative Template*", Harmless},
    {"Wildcard *", Harmless},
    {"Second pass", Harmless},  // its settings tell what it does
    {"Refiner switch by sampling steps", Harmless},
    {"Original *", Harmless},
    {"Raw *", Harmless},

    {"Hires upscale", Applied},
    {"Hires resize", Applied},
    {"Hires steps", Applied},
    {"Hires upscaler", Applied},
    {"Hires sampler", Applied},
    {"Hires schedule type", Applied},
    {"Hires prompt", Applied},
    {"Hires negative prompt", Applied},
    {"Hires*", Hires},
    {"First pass size", Hires},
    {"Upscale latent*", Hires},
    {"Refine*", Refiner},
    {"Overwrite Switch", Refiner},
    {"ADetailer*", Detailer},
    {"After Detailer*", Detailer},
    {"DDetailer*", Detailer},
    {"Detailer*", Detailer},
    {"FaceDetailer*", Detailer},
    {"ControlNet*", Control},
    {"Control*", Control},
    {"T2I*", Control},
    {"IP-Adapter*", Control},
    {"IP Adapter*", Control},
    {"IPAdapter*", Control},
    {"Lora*", Adapter},
    {"LyCORIS*", Adapter},
    {"AddNet*", Adapter},
    {"Hypernet hash", Harmless},
    {"Hypernet*", Adapter},
    {"TI", Embedding},
    {"TI hashes", Applied},
    {"Embedding*", Embedding},
    {"Used embeddings", Embedding},
    {"Aesthetic*", Embedding},
    {"Mask*", Inpainting},
    {"Inpaint*", Inpainting},
    {"Outpaint*", Script},
    {"Soft inpainting*", Sampling},
    {"Postprocess*", Finishing},
    {"Upscale*", Finishing},
    {"SD upscale*", Finishing},
    {"Ultimate SD upscale*", Finishing},
    {"ESRGAN*", Finishing},
    {"Color correction", Finishing},
    {"Face restoration*", Finishing},
    {"Resize*", Finishing},
    {"ReActor*", Finishing},
    {"Roop*", Finishing},
    {"FaceSwap*", Finishing},
    {"Script", Script},
    {"X Type", Script, "Script"},
    {"X Values", Script, "Script"},
    {"Y Type", Script, "Script"},
    {"Y Values", Script, "Script"},
    {"Z Type", Script, "Script"},
    {"Z Values", Script, "Script"},
    {"Fixed *", Script, "Script"},
    {"Regional Prompter*", Script, "Regional Prompter"},
    {"RP *", Script, "Regional Prompter"},
    {"Latent Couple*", Script},
    {"Cutoff*", Script},
    {"AnimateDiff*", Script},
    {"Decode *", Script, "Script"},  // img2img alternative
    {"Randomness", Script, "Script"},
    {"Sigma Adjustment", Script, "Script"},
    {"Sonar*", Script},
    {"Schedule *", Sampling},
    {"Beta schedule *", Sampling},
    {"Discard penultimate sigma", Sampling},
    {"SGM noise multiplier", Sampling},
    {"UniPC *", Sampling},
    {"Downcast alphas_cumprod", Sampling},
    {"Noise Schedule", Sampling},
    {"Extra noise", Sampling},
    {"Distilled CFG Scale", Sampling},
    {"NGMS*", Sampling},
    {"Skip *", Sampling},
    {"SLG *", Sampling},
    {"Pad conds v0", Sampling},
    {"Sampler *", Sampling},
    {"Custom Sigmas", Sampling},
    {"Extra sample args", Sampling},
    {"Adaptive CFG", Sampling},
    {"Dynamic thresholding*", Sampling, "Dynamic thresholding"},
    {"dynthres*", Sampling, "Dynamic thresholding"},
    {"Mimic*", Sampling, "Dynamic thresholding"},
    {"Threshold percentile", Sampling, "Dynamic thresholding"},
    {"CFG mode", Sampling, "Dynamic thresholding"},
    {"CFG scale minimum", Sampling, "Dynamic thresholding"},
    {"Scheduler value", Sampling, "Dynamic thresholding"},
    {"Separate Feature Channels", Sampling, "Dynamic thresholding"},
    {"Scaling Startpoint", Sampling, "Dynamic thresholding"},
    {"Variability Measure", Sampling, "Dynamic thresholding"},
    {"Interpolate Phi", Sampling, "Dynamic thresholding"},
    {"CFG *", Sampling},
    {"Sharpness", Sampling},
    {"ADM Guidance", Sampling},
    {"Parser", Sampling},
    {"Tile X", Network, "Asymmetric tiling"},
    {"Tile Y", Network, "Asymmetric tiling"},
    {"Start Tiling From Step", Network, "Asymmetric tiling"},
    {"Stop Tiling After Step", Network, "Asymmetric tiling"},
    {"Seamless*", Network},
    {"Token merging*", Merging},
    {"ToMe", Merging},
    {"ToDo", Merging},
    {"FreeU*", Network},
    {"Hypertile*", Network},
    {"SAG*", Network},
    {"PAG*", Network, "Perturbed attention"},
    {"Perturbed*", Network, "Perturbed attention"},
    {"Self Attention Guidance*", Network, "SAG*"},
    {"Kohya*", Network, "Deep Shrink"},
    {"Deep Shrink*", Network, "Deep Shrink"},
    {"DeepShrink*", Network, "Deep Shrink"},
    {"MultiDiffusion*", Network, "Tiled Diffusion"},
    {"Tiled Diffusion*", Network, "Tiled Diffusion"},
    {"latent_modifier*", Network},
    {"stylealign*", Network},
    {"FP8 weight", Network},
    {"Diffusion in Low Bits", Network},
    {"VAE Encoder", Network},
    {"VAE Decoder", Network},
    {"VAE*", Vae},
    {"Module *", Vae},
};

/// What a note says of keys with this effect.
std::string_view sentence(KeyEffect effect) {
  switch (effect) {
    case Hires:
      return "this setting of the second (hires) pass is not supported";
    case Refiner:
      return "a second model (refiner) is not supported yet";
    case Detailer:
      return "detailers are not supported";
    case Control:
      return "ControlNet and its family are not supported yet";
    case Adapter:
      return "networks are used that a tag of the prompt names";
    case Embedding:
      return "embeddings are used that the prompt names and the models folders have";
    case Inpainting:
      return "the mask is not in the picture, give it with --mask; without it the whole picture is "
             "drawn";
    case MorePrompts:
      return "prompts for parts of a picture, characters or one text encoder are not supported";
    case Finishing:
      return "what was done to the finished picture is not done again";
    case Script:
      return "scripts and extensions of the web UI are not known here";
    case Sampling:
      return "this setting of sampling is not supported";
    case Network:
      return "this change of the networks is not supported";
    case Merging:
      return "token merging trades detail for speed and is not done here: the picture will have "
             "more";
    case Vae:
      return "give the file with --vae";
    default:
      return "not known here; if it changes pixels, the picture will differ";
  }
}

bool fits(std::string_view key, std::string_view pattern) {
  const bool prefix = pattern.ends_with('*');
  if (prefix) {
    pattern.remove_suffix(1);
  }
  if (key.size() < pattern.size() || (!prefix && key.size() != pattern.size())) {
    return false;
  }
  return same_but_case(key.substr(0, pattern.size()), pattern);
}

/// "key: value", long values cut at the end of a character.
std::string described(std::string_view key, std::string_view value) {
  std::string text = std::string(key) + ": ";
  if (value.size() <= kLongestValue) {
    return text.append(value);
  }
  std::size_t end = kLongestValue;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.append(value.substr(0, end)) + "...";
}

const KeyRule* find_rule(std::string_view key) {
  const auto* const found =
      std::find_if(std::begin(kRules), std::end(kRules),
                   [&](const KeyRule& rule) { return fits(key, rule.pattern); });
  return found == std::end(kRules) ? nullptr : found;
}

/// Effects that stand for different settings, each with a note of its own.
bool is_of_many(KeyEffect effect) {
  return effect == Unknown || effect == Sampling || effect == Network || effect == Script ||
         effect == Finishing || effect == Hires;
}

/// The setting that does after all what keys with this effect ask for.
std::string field_of(KeyEffect effect) {
  return effect == Vae ? "vae" : effect == Inpainting ? "mask" : "";
}

}  // namespace

KeyEffect key_effect(std::string_view key) {
  const KeyRule* const rule = find_rule(key);
  return rule == nullptr ? Unknown : rule->effect;
}

std::string applied_spelling(std::string_view key) {
  const KeyRule* const rule = find_rule(key);
  const bool spelt = rule != nullptr && rule->effect == Applied && !rule->pattern.ends_with('*');
  return std::string(spelt ? rule->pattern : key);
}

bool is_neutral_value(std::string_view value) {
  for (const std::string_view off :
       {"", "None", "False", "null", "0", "0.0", "0x0", "Off", "Disable", "Disabled", "Full",
        "Default", "Automatic", "Automatic (fp16 LoRA)", "Default (model)", "Use same*", "[]",
        "{}"}) {
    if (fits(value, off)) {
      return true;
    }
  }
  return false;
}

void KeyNotes::add(KeyEffect effect,
                   std::string_view key,
                   std::string_view value,
                   std::string_view topic) {
  if (!is_neutral_value(value)) {
    tell(effect, key, value, topic);
  }
}

void KeyNotes::tell(KeyEffect effect,
                    std::string_view key,
                    std::string_view value,
                    std::string_view topic) {
  if (effect != Applied && effect != Harmless) {
    const std::string_view own = topic.empty() ? key : topic;
    entries_.push_back({effect, std::string(is_of_many(effect) ? own : std::string_view()),
                        described(key, value)});
  }
}

std::vector<PictureNote> KeyNotes::notes() const {
  std::vector<PictureNote> result;
  std::vector<std::pair<KeyEffect, std::string>> done;
  for (const Entry& first : entries_) {
    const std::pair setting(first.effect, first.topic);
    if (std::find(done.begin(), done.end(), setting) != done.end()) {
      continue;
    }
    done.push_back(setting);
    std::string keys;
    for (const Entry& entry : entries_) {
      const bool same = entry.effect == first.effect && entry.topic == first.topic;
      keys += same ? (keys.empty() ? "" : ", ") + entry.text : "";
    }
    result.push_back(
        {keys + ": left out, " + std::string(sentence(first.effect)), field_of(first.effect)});
  }
  return result;
}

void add_unapplied_items(const Infotext& text, KeyNotes& notes) {
  for (const auto& [key, value] : text.items) {
    const KeyRule* const rule = find_rule(key);
    if (rule == nullptr) {
      notes.add(Unknown, key, value);
    } else {
      notes.add(rule->effect, key, value, rule->topic);
    }
  }
}

}  // namespace ptravel
