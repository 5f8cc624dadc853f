#include "checkpoint/model_family.h"

#include <algorithm>
#include <cctype>

#include "base/enum_names.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Family = ModelFamily;

constexpr auto kLabels = enum_names<Family>({
    {Family::Sd1, "Stable Diffusion 1.x"},
    {Family::Sd1Inpainting, "Stable Diffusion 1.x inpainting model"},
    {Family::InstructPix2Pix, "InstructPix2Pix model"},
    {Family::Sd2, "Stable Diffusion 2.x"},
    {Family::Sdxl, "Stable Diffusion XL"},
    {Family::SdxlRefiner, "Stable Diffusion XL refiner"},
    {Family::AltDiffusion, "AltDiffusion"},
    {Family::DiffusionTransformer,
     "diffusion transformer (Stable Diffusion 3, Flux or a relative)"},
    {Family::Lora, "LoRA"},
    {Family::Vae, "VAE"},
    {Family::TextEncoder, "text encoder"},
    {Family::DiffusersUnet, "UNet of a diffusers folder"},
    {Family::Embedding, "textual inversion embedding"},
    {Family::Hypernetwork, "hypernetwork"},
    {Family::ControlNet, "ControlNet"},
    {Family::Unknown, "unknown"},
});

/// A sign by which a family is known: a piece of some tensor's name. The first rule that fits wins.
enum class Where { Front, Anywhere };

struct Sign {
  Where where;
  std::string_view piece;
  Family family;
};

constexpr Sign kSigns[] = {
    {Where::Front, "lora_unet_", Family::Lora},
    {Where::Front, "lora_te", Family::Lora},
    {Where::Anywhere, ".lora_down.", Family::Lora},
    {Where::Anywhere, ".lora_up.", Family::Lora},
    {Where::Anywhere, ".lora_A.", Family::Lora},
    {Where::Anywhere, ".lora.down.", Family::Lora},
    {Where::Front, "control_model.", Family::ControlNet},
    {Where::Front, "controlnet_cond_embedding.", Family::ControlNet},
    {Where::Front, "input_hint_block.", Family::ControlNet},
    {Where::Front, "conditioner.embedders.1.", Family::Sdxl},
    {Where::Front, "model.diffusion_model.joint_blocks.", Family::DiffusionTransformer},
    {Where::Front, "model.diffusion_model.double_blocks.", Family::DiffusionTransformer},
    {Where::Front, "double_blocks.", Family::DiffusionTransformer},
    {Where::Front, "conditioner.embedders.0.model.", Family::SdxlRefiner},
    {Where::Front, "model.diffusion_model.label_emb.", Family::Sdxl},
    {Where::Front, "depth_model.", Family::Sd2},
    {Where::Front, "embedder.model.", Family::Sd2},
    {Where::Front, "cond_stage_model.model.", Family::Sd2},
    {Where::Front, "cond_stage_model.roberta.", Family::AltDiffusion},
    {Where::Front, "model.diffusion_model.input_blocks.", Family::Sd1},
    {Where::Front, "model_ema.diffusion_modelinput_blocks", Family::Sd1},
    {Where::Front, "first_stage_model.", Family::Vae},
    {Where::Front, "decoder.conv_in.", Family::Vae},
    {Where::Front, "down_blocks.", Family::DiffusersUnet},
    {Where::Front, "text_model.", Family::TextEncoder},
    {Where::Front, "cond_stage_model.", Family::TextEncoder},
    {Where::Front, "string_to_param.", Family::Embedding},
    {Where::Front, "emb_params", Family::Embedding},
};

bool fits(const Sign& sign, std::string_view name) {
  return sign.where == Where::Front ? name.starts_with(sign.piece)
                                    : name.find(sign.piece) != name.npos;
}

/// Old embeddings of one token row set under any name, or hypernetworks, which are keyed by context
/// width.
Family recognise_small(const StoredTensors& tensors, const std::vector<std::string>& names) {
  const bool numbered = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    const std::size_t dot = name.find(".0.linear");
    return dot != name.npos && dot > 0 &&
           std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot),
                       [](unsigned char letter) { return std::isdigit(letter) != 0; });
  });
  if (numbered) {
    return Family::Hypernetwork;
  }
  if (names.size() == 1) {
    const auto shape = tensors.shape(names[0]);
    const std::int64_t width = shape.empty() ? 0 : shape.back();
    if (shape.size() <= 2 && (width == 768 || width == 1024)) {
      return Family::Embedding;
    }
  }
  return Family::Unknown;
}

Family by_input_channels(const StoredTensors& tensors) {
  const std::string name = "model.diffusion_model.input_blocks.0.0.weight";
  if (tensors.contains(name)) {
    const auto shape = tensors.shape(name);
    if (shape.size() == 4 && shape[1] == 9) {
      return Family::Sd1Inpainting;
    }
    if (shape.size() == 4 && shape[1] == 8) {
      return Family::InstructPix2Pix;
    }
  }
  return Family::Sd1;
}

std::string with_article(ModelFamily family) {
  const std::string label(family_label(family));
  const bool vowel = std::string_view("AEIOUaeiou").find(label[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + label;
}

}  // namespace

std::string_view family_label(ModelFamily family) { return kLabels.name(family); }

ModelFamily recognise_model(const StoredTensors& tensors) {
  const std::vector<std::string> names = tensors.names();
  for (const Sign& sign : kSigns) {
    if (std::any_of(names.begin(), names.end(),
                    [&](const std::string& name) { return fits(sign, name); })) {
      return sign.family == Family::Sd1 ? by_input_channels(tensors) : sign.family;
    }
  }
  return recognise_small(tensors, names);
}

bool is_loadable(ModelFamily family) { return family == Family::Sd1; }

std::string refusal(ModelFamily family) {
  switch (family) {
    case Family::Sd1:
      return {};
    case Family::Unknown:
      return "holds no model that this program knows; expected a Stable Diffusion 1.x "
             "checkpoint";
    case Family::Lora:
    case Family::Vae:
    case Family::TextEncoder:
    case Family::Embedding:
    case Family::Hypernetwork:
    case Family::ControlNet:
      return "is " + with_article(family) +
             ", not a complete model; expected a Stable Diffusion 1.x checkpoint";
    case Family::DiffusersUnet:
      return "is only the UNet of a diffusers folder; give the folder that holds model_index.json";
    default:
      return "is " + with_article(family) +
             " file, which is not supported yet; expected a Stable Diffusion 1.x checkpoint";
  }
}

}  // namespace ptravel
