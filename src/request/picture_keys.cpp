// The keys of the web UI's parameters text, of its descendants and of their common extensions.

#include "request/picture_keys.h"

#include <algorithm>

#include "base/text.h"

namespace ptravel {
namespace {

constexpr std::size_t kLongestValue = 60;

/// A key, or with '*' at its end the beginning of keys; upper and lower case are the same.
struct KeyRule {
  std::string_view pattern;
  KeyEffect effect;
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
    {"Style*", Harmless},
    {"Performance", Harmless},
    {"Template*", Harmless},
    {"Negative Template*", Harmless},
    {"Wildcard *", Harmless},
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
    {"Outpaint*", Inpainting},
    {"Conditional mask weight", Inpainting},
    {"Soft inpainting*", Inpainting},
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
    {"X Type", Script},
    {"X Values", Script},
    {"Y Type", Script},
    {"Y Values", Script},
    {"Z Type", Script},
    {"Z Values", Script},
    {"Fixed *", Script},
    {"Regional Prompter*", Script},
    {"RP *", Script},
    {"Latent Couple*", Script},
    {"Cutoff*", Script},
    {"AnimateDiff*", Script},
    {"Decode *", Script},
    {"Randomness", Script},
    {"Sigma Adjustment", Script},
    {"Sonar*", Script},
    {"Schedule *", Sampling},
    {"Beta schedule *", Sampling},
    {"Discard penultimate sigma", Sampling},
    {"SGM noise multiplier", Sampling},
    {"UniPC *", Sampling},
    {"Downcast alphas_cumprod", Sampling},
    {"Noise Schedule", Sampling},
    {"Extra noise", Sampling},
    {"Image CFG scale", Sampling},
    {"Distilled CFG Scale", Sampling},
    {"NGMS*", Sampling},
    {"Skip *", Sampling},
    {"SLG *", Sampling},
    {"Pad conds v0", Sampling},
    {"Sampler *", Sampling},
    {"Custom Sigmas", Sampling},
    {"Extra sample args", Sampling},
    {"CFG *", Sampling},
    {"Adaptive CFG", Sampling},
    {"Dynamic thresholding*", Sampling},
    {"dynthres*", Sampling},
    {"Mimic*", Sampling},
    {"Threshold percentile", Sampling},
    {"Sharpness", Sampling},
    {"ADM Guidance", Sampling},
    {"Parser", Sampling},
    {"Tiling", Network},
    {"Seamless*", Network},
    {"Token merging*", Merging},
    {"ToMe", Merging},
    {"ToDo", Merging},
    {"FreeU*", Network},
    {"Hypertile*", Network},
    {"SAG*", Network},
    {"PAG*", Network},
    {"Perturbed*", Network},
    {"Self Attention Guidance*", Network},
    {"Kohya*", Network},
    {"Deep Shrink*", Network},
    {"DeepShrink*", Network},
    {"MultiDiffusion*", Network},
    {"Tiled Diffusion*", Network},
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
      return "extra networks are not supported yet";
    case Embedding:
      return "textual inversion is not supported yet";
    case Inpainting:
      return "inpainting is not supported yet, the whole picture is drawn";
    case Finishing:
      return "what was done to the finished picture is not done again";
    case Script:
      return "scripts and extensions of the web UI are not known here";
    case Sampling:
      return "this setting of sampling is not supported yet";
    case Network:
      return "this change of the networks is not supported yet";
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

}  // namespace

KeyEffect key_effect(std::string_view key) {
  for (const KeyRule& rule : kRules) {
    if (fits(key, rule.pattern)) {
      return rule.effect;
    }
  }
  return Unknown;
}

bool is_neutral_value(std::string_view value) {
  for (const std::string_view off :
       {"", "None", "False", "null", "0", "0.0", "0x0", "Off", "Disable", "Disabled", "Full",
        "Default", "Automatic", "Default (model)", "[]", "{}"}) {
    if (fits(value, off)) {
      return true;
    }
  }
  return false;
}

void KeyNotes::add(KeyEffect effect, std::string_view key, std::string_view value) {
  if (effect != Applied && effect != Harmless && !is_neutral_value(value)) {
    entries_.emplace_back(effect, described(key, value));
  }
}

std::vector<PictureNote> KeyNotes::notes() const {
  std::vector<PictureNote> result;
  std::vector<KeyEffect> done;
  for (const auto& [effect, first] : entries_) {
    std::string keys = first;
    if (effect != Unknown) {
      if (std::find(done.begin(), done.end(), effect) != done.end()) {
        continue;
      }
      done.push_back(effect);
      keys.clear();
      for (const auto& [other, text] : entries_) {
        keys += other != effect ? "" : (keys.empty() ? "" : ", ") + text;
      }
    }
    result.push_back(
        {keys + ": left out, " + std::string(sentence(effect)), effect == Vae ? "vae" : ""});
  }
  return result;
}

void add_unapplied_items(const Infotext& text, KeyNotes& notes) {
  for (const auto& [key, value] : text.items) {
    notes.add(key_effect(key), key, value);
  }
}

}  // namespace ptravel
