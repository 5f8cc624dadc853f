#include "checkpoint/model_family.h"

#include <algorithm>
#include <cctype>

#include "base/enum_names.h"
#include "checkpoint/key_map.h"
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

/// A sign by which a family is known: the front of some tensor's name. The first rule that fits
/// wins; those of add-ons only count where no whole network is there.
enum class Kind { Addon, Model };

struct Sign {
  Kind kind;
  std::string_view front;
  Family family;
};

constexpr Sign kSigns[] = {
    {Kind::Addon, "control_model.", Family::ControlNet},
    {Kind::Addon, "controlnet_cond_embedding.", Family::ControlNet},
    {Kind::Addon, "input_hint_block.", Family::ControlNet},
    {Kind::Model, "conditioner.embedders.1.", Family::Sdxl},
    {Kind::Model, "model.diffusion_model.joint_blocks.", Family::DiffusionTransformer},
    {Kind::Model, "model.diffusion_model.double_blocks.", Family::DiffusionTransformer},
    {Kind::Model, "double_blocks.", Family::DiffusionTransformer},
    {Kind::Model, "conditioner.embedders.0.model.", Family::SdxlRefiner},
    {Kind::Model, "model.diffusion_model.label_emb.", Family::Sdxl},
    {Kind::Model, "depth_model.", Family::Sd2},
    {Kind::Model, "embedder.model.", Family::Sd2},
    {Kind::Model, "cond_stage_model.model.", Family::Sd2},
    {Kind::Model, "cond_stage_model.roberta.", Family::AltDiffusion},
    {Kind::Model, "model.diffusion_model.input_blocks.", Family::Sd1},
    {Kind::Model, "model_ema.diffusion_modelinput_blocks", Family::Sd1},
    {Kind::Model, "first_stage_model.", Family::Vae},
    {Kind::Model, "decoder.conv_in.", Family::Vae},
    {Kind::Model, "down_blocks.", Family::DiffusersUnet},
    {Kind::Model, "text_model.", Family::TextEncoder},
    {Kind::Model, "cond_stage_model.", Family::TextEncoder},
    {Kind::Model, "string_to_param.", Family::Embedding},
    {Kind::Model, "emb_params", Family::Embedding},
};

bool has_unet(const StoredTensors& tensors) {
  const auto has = [&](const std::string& name) {
    return tensors.contains(name) || tensors.contains(ema_name(name));
  };
  return has("model.diffusion_model.input_blocks.0.0.weight") &&
         has("model.diffusion_model.out.2.weight");
}

/// Whether the networks of a Stable Diffusion 1.x model are there from end to end; its VAE may come
/// from another file. Whatever else such a file holds does not make it something else, unless its
/// UNet is another network.
bool is_complete_sd1(const StoredTensors& tensors) {
  const auto has_text = [&](const std::string& name) {
    return tensors.contains("cond_stage_model.transformer.text_model." + name) ||
           tensors.contains("cond_stage_model.transformer." + name);
  };
  return has_unet(tensors) && !takes_vector(tensors) &&
         has_text("embeddings.token_embedding.weight") && has_text("final_layer_norm.weight");
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

bool takes_vector(const StoredTensors& tensors) {
  for (const char* name : {"0.0.weight", "0.0.bias", "0.2.weight", "0.2.bias"}) {
    if (!tensors.contains(std::string(kVectorPrefix) + name)) {
      return false;
    }
  }
  return true;
}

ModelFamily recognise_model(const StoredTensors& tensors) {
  if (is_complete_sd1(tensors)) {
    return by_input_channels(tensors);
  }
  const std::vector<std::string> names = tensors.names();
  const bool whole = has_unet(tensors);
  const auto lora = std::count_if(names.begin(), names.end(), is_lora_name);
  if (!whole && 2 * lora > static_cast<std::ptrdiff_t>(names.size())) {
    return Family::Lora;
  }
  for (const Sign& sign : kSigns) {
    const bool counts = sign.kind == Kind::Model || !whole;
    if (counts && std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return name.starts_with(sign.front) && !is_lora_name(name);
        })) {
      return sign.family == Family::Sd1 ? by_input_channels(tensors) : sign.family;
    }
  }
  if (lora > 0) {
    return Family::Lora;
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
