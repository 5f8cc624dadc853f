#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// The networks of a Stable Diffusion model. The larger ones have two text encoders.
enum class ModelPart { Unet, Vae, TextEncoder, TextEncoder2 };

/// The text encoders in the order in which their encodings stand side by side.
inline constexpr ModelPart kTextParts[] = {ModelPart::TextEncoder, ModelPart::TextEncoder2};

// Where the parts of a model stand in the names that the networks ask for. They are LDM names,
// those of single files, as SD 1.x has them; text encoders have the names within that they have
// there, whichever names the model's files give them.
inline constexpr std::string_view kUnetPrefix = "model.diffusion_model.";
inline constexpr std::string_view kVectorPrefix = "model.diffusion_model.label_emb.";
inline constexpr std::string_view kVaePrefix = "first_stage_model.";
inline constexpr std::string_view kTextPrefix = "cond_stage_model.transformer.text_model.";
inline constexpr std::string_view kText2Prefix = "conditioner.embedders.1.transformer.text_model.";
inline constexpr std::string_view kEmaPrefix = "model_ema.";

std::string_view ldm_prefix(ModelPart part);

/// What the diffusers names of one network leave open: LDM counts blocks over all levels.
struct DiffusersLayout {
  std::int64_t layers_per_block = 0;  ///< Residual blocks in each level on the way down.
  std::int64_t num_levels = 0;
  std::vector<bool> up_attention;  ///< For each up block: whether it has attentions.
};

/// Reads the layout off the names of the network. Throws Corrupt for numbers out of range.
DiffusersLayout read_diffusers_layout(ModelPart part, const std::vector<std::string>& names);

/// A name of a diffusers folder as an LDM name with its prefix.
struct MappedName {
  std::string name;
  bool point_convolution = false;  ///< The matrix there is a 1x1 convolution here.
};

/// Maps a diffusers name of `part`; names that no rule knows come back with the prefix alone, so
/// that strict loading lists them; nothing for buffers that are not needed.
std::optional<MappedName> map_diffusers_name(ModelPart part,
                                             std::string_view name,
                                             const DiffusersLayout& layout);

/// The diffusers name that map_diffusers_name maps to this LDM name with its prefix: for writing
/// models. Names that no rule reaches come back without the prefix.
std::string diffusers_name(ModelPart part,
                           std::string_view ldm_name,
                           const DiffusersLayout& layout);

/// Whether the name is of the kind that LoRA and its family give their tensors.
bool is_lora_name(std::string_view name);

/// Whether an LDM name below the UNet's prefix can belong to a UNet: any block, any leaf.
bool is_unet_name(std::string_view name);

/// Maps a name of a single file to the LDM name of today (files before transformers 4 lack
/// "text_model.", SDXL's first text encoder stands elsewhere); nothing for what is known and not
/// needed: noise schedule buffers, EMA weights, losses, position ids.
std::optional<std::string> map_single_file_name(std::string_view name);

/// A tensor of one of our networks, and what it is of a file's tensor.
struct MappedTensor {
  std::string name;
  RenamedTensors::View view = {};
};

/// Whether the name is one of OpenCLIP's text encoders, as single files of SD 2.x and SDXL have
/// them.
bool is_open_clip_name(std::string_view name);

/// What such a tensor is to our text encoder: itself, three tensors where queries, keys and values
/// are packed, or none where it is not needed. Names that no rule knows come back with our prefix,
/// so that strict loading lists them.
std::vector<MappedTensor> map_open_clip_name(std::string_view name);

/// The EMA twin of a UNet name: "model_ema." and the name below "model." without its dots.
std::string ema_name(std::string_view unet_name);

/// All UNet names there can be, by their EMA names: for files that hold nothing but EMA weights.
std::map<std::string, std::string, std::less<>> unet_names_by_ema_name();

}  // namespace ptravel
