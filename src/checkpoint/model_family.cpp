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
    {Family::Sd2Inpainting, "Stable Diffusion 2.x inpainting model"},
    {Family::Sd2Depth, "Stable Diffusion 2.x depth model"},
    {Family::UnClip, "Stable Diffusion unCLIP model"},
    {Family::Sdxl, "Stable Diffusion XL"},
    {Family::SdxlInpainting, "Stable Diffusion XL inpainting model"},
    {Family::SdxlInstructPix2Pix, "InstructPix2Pix model of Stable Diffusion XL"},
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
    {Kind::Model, "embedder.model.", Family::UnClip},
    {Kind::Model, "depth_model.", Family::Sd2Depth},
    {Kind::Model, "conditioner.embedders.1.", Family::Sdxl},
    {Kind::Model, "model.diffusion_model.joint_blocks.", Family::DiffusionTransformer},
    {Kind::Model, "model.diffusion_model.double_blocks.", Family::DiffusionTransformer},
    {Kind::Model, "double_blocks.", Family::DiffusionTransformer},
    {Kind::Model, "conditioner.embedders.0.model.", Family::SdxlRefiner},
    {Kind::Model, "model.diffusion_model.label_emb.", Family::Sdxl},
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

/// Models that are told from their family by how many channels the UNet takes.
struct Variant {
  Family family;
  std::int64_t channels;
  Family variant;
};

constexpr Variant kVariants[] = {
    {Family::Sd1, 9, Family::Sd1Inpainting},   {Family::Sd1, 8, Family::InstructPix2Pix},
    {Family::Sd2, 9, Family::Sd2Inpainting},   {Family::Sd2, 5, Family::Sd2Depth},
    {Family::Sdxl, 9, Family::SdxlInpainting}, {Family::Sdxl, 8, Family::SdxlInstructPix2Pix},
};

/// SD 2.1 Turbo has the names of an SDXL refiner, whose text encoder is wider.
bool is_sd2_turbo(const StoredTensors& tensors) {
  constexpr const char* kName = "conditioner.embedders.0.model.ln_final.weight";
  constexpr std::int64_t kWidth = 1024;
  return tensors.contains(kName) && !takes_vector(tensors) &&
         tensors.shape(kName) == std::vector<std::int64_t>{kWidth};
}

constexpr const char* kExpected = "; expected a Stable Diffusion 1.x, 2.x or XL checkpoint";

std::string with_article(ModelFamily family) {
  const std::string label(family_label(family));
  const bool vowel = std::string_view("AEIOUaeiou").find(label[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + label;
}

}  // namespace

std::string_view family_label(ModelFamily family) { return kLabels.name(family); }

ModelFamily variant_of(ModelFamily family, const StoredTensors& tensors) {
  const std::string name = "model.diffusion_model.input_blocks.0.0.weight";
  const auto shape = tensors.contains(name) ? tensors.shape(name) : std::vector<std::int64_t>();
  for (const Variant& row : kVariants) {
    if (row.family == family && shape.size() == 4 && shape[1] == row.channels) {
      return row.variant;
    }
  }
  return family;
}

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
    return variant_of(Family::Sd1, tensors);
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
      const bool turbo = sign.family == Family::SdxlRefiner && is_sd2_turbo(tensors);
      return variant_of(turbo ? Family::Sd2 : sign.family, tensors);
    }
  }
  if (lora > 0) {
    return Family::Lora;
  }
  return recognise_small(tensors, names);
}

std::int64_t picture_channels(PictureInput input, std::int64_t latent_channels) {
  switch (input) {
    case PictureInput::Masked:
      return 1 + latent_channels;
    case PictureInput::Edited:
      return latent_channels;
    default:
      return 0;
  }
}

bool is_loadable(ModelFamily family) {
  switch (family) {
    case Family::Sd1:
    case Family::Sd1Inpainting:
    case Family::InstructPix2Pix:
    case Family::Sd2:
    case Family::Sd2Inpainting:
    case Family::Sdxl:
    case Family::SdxlInpainting:
    case Family::SdxlInstructPix2Pix:
      return true;
    default:
      return false;
  }
}

namespace {

FamilyTraits with_picture(FamilyTraits traits, PictureInput picture) {
  traits.picture = picture;
  // Of those that take pictures, none is known that does not predict epsilon.
  traits.tests_prediction = false;
  return traits;
}

}  // namespace

const FamilyTraits& family_traits(ModelFamily family) {
  static constexpr TextTraits kSd1Texts[] = {{}};
  static constexpr TextTraits kSd2Texts[] = {
      {.open_clip = true, .fixed_skip = 2, .folder_skip = 1}};
  static constexpr TextTraits kSdxlTexts[] = {
      {.fixed_skip = 2, .folder_skip = 2, .final_norm = false},
      {.open_clip = true, .fixed_skip = 2, .folder_skip = 2, .final_norm = false}};
  static const FamilyTraits kSd1{.texts = kSd1Texts};
  static const FamilyTraits kSd2{
      .texts = kSd2Texts, .picture_size_v = 768, .tests_prediction = true};
  static const FamilyTraits kSdxl{.texts = kSdxlTexts,
                                  .scale_factor = 0.13025,
                                  .picture_size = 1024,
                                  .picture_size_v = 1024,
                                  .zero_blank_negative = true};
  static const FamilyTraits kSd1Inpainting = with_picture(kSd1, PictureInput::Masked);
  static const FamilyTraits kSd1Edit = with_picture(kSd1, PictureInput::Edited);
  static const FamilyTraits kSd2Inpainting = with_picture(kSd2, PictureInput::Masked);
  static const FamilyTraits kSdxlInpainting = with_picture(kSdxl, PictureInput::Masked);
  static const FamilyTraits kSdxlEdit = with_picture(kSdxl, PictureInput::Edited);
  switch (family) {
    case Family::Sd1Inpainting:
      return kSd1Inpainting;
    case Family::InstructPix2Pix:
      return kSd1Edit;
    case Family::Sd2:
      return kSd2;
    case Family::Sd2Inpainting:
      return kSd2Inpainting;
    case Family::Sdxl:
      return kSdxl;
    case Family::SdxlInpainting:
      return kSdxlInpainting;
    case Family::SdxlInstructPix2Pix:
      return kSdxlEdit;
    default:
      PTRAVEL_CHECK(is_loadable(family));
      return kSd1;
  }
}

std::string refusal(ModelFamily family) {
  if (is_loadable(family)) {
    return {};
  }
  switch (family) {
    case Family::Unknown:
      return std::string("holds no model that this program knows").append(kExpected);
    case Family::Lora:
      return "is a LoRA, not a complete model: call it in a prompt, such as <lora:" +
             std::string("name:1>");
    case Family::Vae:
    case Family::TextEncoder:
    case Family::Embedding:
    case Family::Hypernetwork:
    case Family::ControlNet:
      return "is " + with_article(family) + ", not a complete model" + kExpected;
    case Family::SdxlRefiner:
      return std::string(
                 "is a Stable Diffusion XL refiner, which only goes over the pictures of a "
                 "base model")
          .append(kExpected);
    case Family::DiffusersUnet:
      return "is only the UNet of a diffusers folder; give the folder that holds model_index.json";
    default:
      return "is " + with_article(family) + " file, which is not supported yet" + kExpected;
  }
}

}  // namespace ptravel
