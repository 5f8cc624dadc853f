#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// The three networks of a Stable Diffusion model.
enum class ModelPart { Unet, Vae, TextEncoder };

// Where the parts of an SD 1.x model stand in LDM names, which are the names of single files and
// the ones that the networks ask for.
inline constexpr std::string_view kUnetPrefix = "model.diffusion_model.";
inline constexpr std::string_view kVectorPrefix = "model.diffusion_model.label_emb.";
inline constexpr std::string_view kVaePrefix = "first_stage_model.";
inline constexpr std::string_view kTextPrefix = "cond_stage_model.transformer.text_model.";
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
/// "text_model."); nothing for what is known and not needed: noise schedule buffers, EMA weights,
/// losses, position ids.
std::optional<std::string> map_single_file_name(std::string_view name);

/// The EMA twin of a UNet name: "model_ema." and the name below "model." without its dots.
std::string ema_name(std::string_view unet_name);

/// All UNet names there can be, by their EMA names: for files that hold nothing but EMA weights.
std::map<std::string, std::string, std::less<>> unet_names_by_ema_name();

}  // namespace ptravel
