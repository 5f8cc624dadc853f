// Names of single files, of EMA weights and of LoRA files (key_map.h). The rules are the tables
// below.

#include <algorithm>
#include <iterator>

#include "checkpoint/key_map.h"
#include "checkpoint/name_pattern.h"

namespace ptravel {
namespace {

// Known parts of single files that the networks do not need. A name that begins with one is left
// out.
constexpr std::string_view kNotNeeded[] = {
    "model_ema.",
    "betas",
    "alphas_cumprod",
    "sqrt_",
    "log_one_minus_alphas_cumprod",
    "posterior_",
    "logvar",
    "lvlb_weights",
    "embedding_manager.",
    "v_pred",
    "ztsnr",
    "denoiser.sigmas",
    "edm_mean",
    "edm_std",
    "edm_vpred.",
    "first_stage_model.loss",
    "first_stage_model.model_ema.",
    "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection",
    "cond_stage_model.transformer.logit_scale",
    "cond_stage_model.transformer.text_projection",
    "cond_stage_model.transformer.vision_model.",
    "cond_stage_model.transformer.visual_projection",
    "cond_stage_model.transformer.text_model.embeddings.position_ids",
    "conditioner.embedders.0.logit_scale",
    "conditioner.embedders.0.text_projection",
    "conditioner.embedders.0.transformer.text_projection",
};

// Text encoder names of files that were written before the level "text_model" existed.
constexpr std::string_view kOldText = "cond_stage_model.transformer.";
constexpr std::string_view kOldTextBlocks[] = {"embeddings.", "encoder.", "final_layer_norm."};

// Where SDXL's first text encoder stands.
constexpr std::string_view kSdxlText = "conditioner.embedders.0.transformer.text_model.";

// Everything that can follow "<block>.<index>.<slot>." in a UNet, for reading names without dots.
// "@" stands for the number of a transformer block.
constexpr std::string_view kUnetLeaves[] = {
    "",
    "in_layers.0.",
    "in_layers.2.",
    "emb_layers.1.",
    "out_layers.0.",
    "out_layers.3.",
    "skip_connection.",
    "op.",
    "conv.",
    "norm.",
    "proj_in.",
    "proj_out.",
    "transformer_blocks.@.attn1.to_q.",
    "transformer_blocks.@.attn1.to_k.",
    "transformer_blocks.@.attn1.to_v.",
    "transformer_blocks.@.attn1.to_out.0.",
    "transformer_blocks.@.attn2.to_q.",
    "transformer_blocks.@.attn2.to_k.",
    "transformer_blocks.@.attn2.to_v.",
    "transformer_blocks.@.attn2.to_out.0.",
    "transformer_blocks.@.ff.net.0.proj.",
    "transformer_blocks.@.ff.net.2.",
    "transformer_blocks.@.norm1.",
    "transformer_blocks.@.norm2.",
    "transformer_blocks.@.norm3.",
};

// Pieces by which names of LoRA files are known.
constexpr std::string_view kLoraFronts[] = {"lora_unet_", "lora_te", "oft_unet_"};
constexpr std::string_view kLoraPieces[] = {".lora_down.", ".lora_up.",   ".lora_A.",
                                            ".lora_B.",    ".lora.down.", ".lora.up.",
                                            "_lora.down.", "_lora.up.",   ".lora_linear_layer."};

}  // namespace

bool is_lora_name(std::string_view name) {
  return std::any_of(std::begin(kLoraFronts), std::end(kLoraFronts),
                     [&](std::string_view front) { return name.starts_with(front); }) ||
         std::any_of(std::begin(kLoraPieces), std::end(kLoraPieces),
                     [&](std::string_view piece) { return name.find(piece) != name.npos; });
}

bool is_unet_name(std::string_view name) {
  name.remove_prefix(std::min(name.size(), kUnetPrefix.size()));
  for (const std::string_view block : {"input_blocks.#.#.", "output_blocks.#.#.", "middle_block.#.",
                                       "time_embed.#.", "label_emb.#.#.", "out.#."}) {
    const auto match = match_name(block, name);
    if (!match) {
      continue;
    }
    return std::any_of(std::begin(kUnetLeaves), std::end(kUnetLeaves), [&](std::string_view leaf) {
      std::string pattern(leaf);
      std::replace(pattern.begin(), pattern.end(), '@', '#');
      const auto inner = match_name(pattern, match->rest);
      return inner && (inner->rest == "weight" || inner->rest == "bias");
    });
  }
  return false;
}

std::optional<std::string> map_single_file_name(std::string_view name) {
  std::string mapped(name);
  if (name.starts_with(kOldText)) {
    const std::string_view below = name.substr(kOldText.size());
    if (std::any_of(std::begin(kOldTextBlocks), std::end(kOldTextBlocks),
                    [&](std::string_view block) { return below.starts_with(block); })) {
      mapped = std::string(kTextPrefix).append(below);
    }
  } else if (name.starts_with(kSdxlText)) {
    mapped = std::string(kTextPrefix).append(name.substr(kSdxlText.size()));
  }
  if (std::any_of(std::begin(kNotNeeded), std::end(kNotNeeded),
                  [&](std::string_view prefix) { return mapped.starts_with(prefix); })) {
    return std::nullopt;
  }
  return mapped;
}

std::string ema_name(std::string_view unet_name) {
  std::string below(unet_name.substr(std::string_view("model.").size()));
  std::erase(below, '.');
  return std::string(kEmaPrefix).append(below);
}

std::map<std::string, std::string, std::less<>> unet_names_by_ema_name() {
  constexpr int kMaxBlocks = 40;
  constexpr int kMaxDepth = 4;
  std::map<std::string, std::string, std::less<>> names;
  const auto add = [&](const std::string& block) {
    for (const char* kind : {"weight", "bias"}) {
      std::string name = block + kind;
      name.insert(0, kUnetPrefix);
      names.emplace(ema_name(name), name);
    }
  };
  const auto add_leaves = [&](const std::string& block) {
    for (const std::string_view leaf : kUnetLeaves) {
      const std::size_t at = leaf.find('@');
      for (int depth = 0; depth < (at == leaf.npos ? 1 : kMaxDepth); ++depth) {
        std::string full = block;
        full.append(leaf.substr(0, at));
        if (at != leaf.npos) {
          full.append(std::to_string(depth)).append(leaf.substr(at + 1));
        }
        add(full);
      }
    }
  };
  for (const char* block :
       {"time_embed.0.", "time_embed.2.", "label_emb.0.0.", "label_emb.0.2.", "out.0.", "out.2."}) {
    add(block);
  }
  for (const char* slot : {"0.", "1.", "2."}) {
    add_leaves(std::string("middle_block.") + slot);
    for (int index = 0; index < kMaxBlocks; ++index) {
      const std::string place = std::to_string(index) + "." + slot;
      add_leaves(std::string("input_blocks.").append(place));
      add_leaves(std::string("output_blocks.").append(place));
    }
  }
  return names;
}

}  // namespace ptravel
