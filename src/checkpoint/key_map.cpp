// Names of checkpoints. The rules are the tables below; the code only applies them.
#include "checkpoint/key_map.h"

#include <algorithm>
#include <charconv>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMaxIndex = 63;

/// Renamings below a block.
enum class Inside { Same, UnetResidual, VaeResidual, VaeAttention };

/// A block of a network. In `from`, # stands for a number: the first is i, the second j. In `to`:
///   D  input block of level i, layer j        S  input block that ends level i
///   U  output block of level i, layer j       P  output block that ends level i, T its last slot
///   L  level counted from the other end       I, J  i, j        M  2 j        N  j + 1
struct BlockRule {
  ModelPart part;
  std::string_view from;
  std::string_view to;
  Inside inside = Inside::Same;
};

constexpr ModelPart kUnet = ModelPart::Unet;
constexpr ModelPart kVae = ModelPart::Vae;

constexpr BlockRule kBlocks[] = {
    {kUnet, "conv_in.", "input_blocks.0.0."},
    {kUnet, "time_embedding.linear_1.", "time_embed.0."},
    {kUnet, "time_embedding.linear_2.", "time_embed.2."},
    {kUnet, "add_embedding.linear_1.", "label_emb.0.0."},
    {kUnet, "add_embedding.linear_2.", "label_emb.0.2."},
    {kUnet, "conv_norm_out.", "out.0."},
    {kUnet, "conv_out.", "out.2."},
    {kUnet, "down_blocks.#.resnets.#.", "input_blocks.D.0.", Inside::UnetResidual},
    {kUnet, "down_blocks.#.attentions.#.", "input_blocks.D.1."},
    {kUnet, "down_blocks.#.downsamplers.0.conv.", "input_blocks.S.0.op."},
    {kUnet, "mid_block.resnets.#.", "middle_block.M.", Inside::UnetResidual},
    {kUnet, "mid_block.attentions.0.", "middle_block.1."},
    {kUnet, "up_blocks.#.resnets.#.", "output_blocks.U.0.", Inside::UnetResidual},
    {kUnet, "up_blocks.#.attentions.#.", "output_blocks.U.1."},
    {kUnet, "up_blocks.#.upsamplers.0.", "output_blocks.P.T."},
    {kVae, "encoder.conv_norm_out.", "encoder.norm_out."},
    {kVae, "encoder.down_blocks.#.resnets.#.", "encoder.down.I.block.J.", Inside::VaeResidual},
    {kVae, "encoder.down_blocks.#.downsamplers.0.", "encoder.down.I.downsample."},
    {kVae, "encoder.mid_block.resnets.#.", "encoder.mid.block_N.", Inside::VaeResidual},
    {kVae, "encoder.mid_block.attentions.#.", "encoder.mid.attn_N.", Inside::VaeAttention},
    {kVae, "decoder.conv_norm_out.", "decoder.norm_out."},
    {kVae, "decoder.up_blocks.#.resnets.#.", "decoder.up.L.block.J.", Inside::VaeResidual},
    {kVae, "decoder.up_blocks.#.upsamplers.0.", "decoder.up.L.upsample."},
    {kVae, "decoder.mid_block.resnets.#.", "decoder.mid.block_N.", Inside::VaeResidual},
    {kVae, "decoder.mid_block.attentions.#.", "decoder.mid.attn_N.", Inside::VaeAttention},
    {ModelPart::TextEncoder, "text_model.", ""},
};

struct LeafRule {
  Inside inside;
  std::string_view from;
  std::string_view to;
};

constexpr LeafRule kLeaves[] = {
    {Inside::UnetResidual, "norm1.", "in_layers.0."},
    {Inside::UnetResidual, "conv1.", "in_layers.2."},
    {Inside::UnetResidual, "time_emb_proj.", "emb_layers.1."},
    {Inside::UnetResidual, "norm2.", "out_layers.0."},
    {Inside::UnetResidual, "conv2.", "out_layers.3."},
    {Inside::UnetResidual, "conv_shortcut.", "skip_connection."},
    {Inside::VaeResidual, "conv_shortcut.", "nin_shortcut."},
    {Inside::VaeAttention, "group_norm.", "norm."},
    {Inside::VaeAttention, "query.", "q."},
    {Inside::VaeAttention, "to_q.", "q."},
    {Inside::VaeAttention, "key.", "k."},
    {Inside::VaeAttention, "to_k.", "k."},
    {Inside::VaeAttention, "value.", "v."},
    {Inside::VaeAttention, "to_v.", "v."},
    {Inside::VaeAttention, "proj_attn.", "proj_out."},
    {Inside::VaeAttention, "to_out.0.", "proj_out."},
};

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
    "first_stage_model.loss",
    "first_stage_model.model_ema.",
    "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection",
    "cond_stage_model.transformer.logit_scale",
    "cond_stage_model.transformer.text_projection",
    "cond_stage_model.transformer.vision_model.",
    "cond_stage_model.transformer.visual_projection",
    "cond_stage_model.transformer.text_model.embeddings.position_ids",
};

// Text encoder names of files that were written before the level "text_model" existed.
constexpr std::string_view kOldText = "cond_stage_model.transformer.";
constexpr std::string_view kOldTextBlocks[] = {"embeddings.", "encoder.", "final_layer_norm."};

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
constexpr std::string_view kLoraFronts[] = {"lora_unet_", "lora_te"};
constexpr std::string_view kLoraPieces[] = {".lora_down.", ".lora_up.",   ".lora_A.",
                                            ".lora_B.",    ".lora.down.", ".lora.up.",
                                            "_lora.down.", "_lora.up.",   ".lora_linear_layer."};

struct Match {
  std::int64_t i = 0;
  std::int64_t j = 0;
  std::string_view rest;
};

/// Reads a number of at most kMaxIndex from the front of `text`.
std::optional<std::int64_t> take_index(std::string_view& text) {
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || index < 0 || index > kMaxIndex) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return index;
}

/// Matches the front of `name` with a pattern in which # stands for a number.
std::optional<Match> match_front(std::string_view pattern, std::string_view name) {
  Match match;
  bool first = true;
  for (const char expected : pattern) {
    if (expected == '#') {
      const auto index = take_index(name);
      if (!index) {
        return std::nullopt;
      }
      (first ? match.i : match.j) = *index;
      first = false;
    } else if (name.empty() || name.front() != expected) {
      return std::nullopt;
    } else {
      name.remove_prefix(1);
    }
  }
  if (std::count(pattern.begin(), pattern.end(), '#') == 1) {
    match.j = match.i;
  }
  match.rest = name;
  return match;
}

std::string expand(std::string_view to, const Match& match, const DiffusersLayout& layout) {
  const auto [i, j, rest] = match;
  const std::int64_t per_level = layout.layers_per_block + 1;
  const auto level = static_cast<std::size_t>(i);
  const bool attention = level < layout.up_attention.size() && layout.up_attention[level];
  std::string result;
  for (const char letter : to) {
    switch (letter) {
      case 'D':
        result += std::to_string(per_level * i + j + 1);
        break;
      case 'S':
        result += std::to_string(per_level * (i + 1));
        break;
      case 'U':
        result += std::to_string(per_level * i + j);
        break;
      case 'P':
        result += std::to_string(per_level * i + layout.layers_per_block);
        break;
      case 'T':
        result += attention ? '2' : '1';
        break;
      case 'L':
        result += std::to_string(layout.num_levels - 1 - i);
        break;
      case 'I':
        result += std::to_string(i);
        break;
      case 'J':
        result += std::to_string(j);
        break;
      case 'M':
        result += std::to_string(2 * j);
        break;
      case 'N':
        result += std::to_string(j + 1);
        break;
      default:
        result += letter;
    }
  }
  return result;
}

std::string rename_leaf(Inside inside, std::string_view rest) {
  for (const LeafRule& rule : kLeaves) {
    if (rule.inside == inside && rest.starts_with(rule.from)) {
      return std::string(rule.to).append(rest.substr(rule.from.size()));
    }
  }
  return std::string(rest);
}

/// How many numbers may stand for the next # of a pattern.
std::int64_t count_at(std::string_view pattern, std::size_t mark, const DiffusersLayout& layout) {
  constexpr std::int64_t kMiddleBlocks = 2;
  const std::string_view before = pattern.substr(0, mark);
  if (before.ends_with("_blocks.")) {
    return layout.num_levels;
  }
  if (before.find("mid_block.") != before.npos) {
    return kMiddleBlocks;
  }
  return layout.layers_per_block + (before.find("up_blocks.") != before.npos ? 1 : 0);
}

/// The front of diffusers names that a rule matches, with every pair of numbers in use.
std::vector<std::string> patterns_of(std::string_view from, const DiffusersLayout& layout) {
  std::vector<std::string> patterns{std::string(from)};
  for (std::size_t mark = from.find('#'); mark != from.npos; mark = from.find('#', mark + 1)) {
    std::vector<std::string> filled;
    for (const std::string& pattern : patterns) {
      const std::size_t at = pattern.find('#');
      for (std::int64_t number = 0; number < count_at(pattern, at, layout); ++number) {
        filled.push_back(std::string(pattern).replace(at, 1, std::to_string(number)));
      }
    }
    patterns = std::move(filled);
  }
  return patterns;
}

/// Whether the layout has such a block: an up block may have no attentions.
bool exists(std::string_view from, const DiffusersLayout& layout) {
  const auto match = match_front("up_blocks.#.attentions.", from);
  const auto level = static_cast<std::size_t>(match ? match->i : 0);
  return !match || (level < layout.up_attention.size() && layout.up_attention[level]);
}

/// What could stand behind a block's name for an LDM leaf; today's name comes first.
std::vector<std::string> leaves_behind(Inside inside, std::string_view ldm_leaf) {
  std::vector<std::string> leaves;
  for (const LeafRule& rule : kLeaves) {
    if (rule.inside == inside && ldm_leaf.starts_with(rule.to)) {
      leaves.insert(leaves.begin(), std::string(rule.from).append(ldm_leaf.substr(rule.to.size())));
    }
  }
  leaves.emplace_back(ldm_leaf);
  return leaves;
}

}  // namespace

std::string_view ldm_prefix(ModelPart part) {
  switch (part) {
    case ModelPart::Unet:
      return kUnetPrefix;
    case ModelPart::Vae:
      return kVaePrefix;
    case ModelPart::TextEncoder:
      return kTextPrefix;
  }
  return {};
}

DiffusersLayout read_diffusers_layout(ModelPart part, const std::vector<std::string>& names) {
  const std::string_view down =
      part == ModelPart::Vae ? "encoder.down_blocks.#.resnets.#." : "down_blocks.#.resnets.#.";
  DiffusersLayout layout;
  for (const std::string& name : names) {
    if (const auto match = match_front(down, name)) {
      layout.num_levels = std::max(layout.num_levels, match->i + 1);
      layout.layers_per_block = std::max(layout.layers_per_block, match->j + 1);
    }
    if (const auto match = match_front("up_blocks.#.attentions.#.", name)) {
      layout.up_attention.resize(kMaxIndex + 1);
      layout.up_attention[static_cast<std::size_t>(match->i)] = true;
    }
  }
  return layout;
}

std::optional<MappedName> map_diffusers_name(ModelPart part,
                                             std::string_view name,
                                             const DiffusersLayout& layout) {
  if (part == ModelPart::TextEncoder && name.ends_with("embeddings.position_ids")) {
    return std::nullopt;
  }
  MappedName mapped{std::string(ldm_prefix(part)), false};
  for (const BlockRule& rule : kBlocks) {
    if (rule.part != part) {
      continue;
    }
    if (const auto match = match_front(rule.from, name)) {
      mapped.name += expand(rule.to, *match, layout) + rename_leaf(rule.inside, match->rest);
      mapped.point_convolution = rule.inside == Inside::VaeAttention && name.ends_with(".weight") &&
                                 !mapped.name.ends_with(".norm.weight");
      return mapped;
    }
  }
  mapped.name += name;
  return mapped;
}

std::string diffusers_name(ModelPart part,
                           std::string_view ldm_name,
                           const DiffusersLayout& layout) {
  const auto leads_back = [&](const std::string& candidate) {
    const auto mapped = map_diffusers_name(part, candidate, layout);
    return mapped && mapped->name == ldm_name;
  };
  const std::string_view below = ldm_name.substr(ldm_prefix(part).size());
  for (const BlockRule& rule : kBlocks) {
    if (rule.part != part) {
      continue;
    }
    for (const std::string& from : patterns_of(rule.from, layout)) {
      const std::string to = expand(rule.to, *match_front(rule.from, from), layout);
      if (!below.starts_with(to) || !exists(from, layout)) {
        continue;
      }
      for (const std::string& leaf : leaves_behind(rule.inside, below.substr(to.size()))) {
        if (leads_back(from + leaf)) {
          return from + leaf;
        }
      }
    }
  }
  PTRAVEL_CHECK(leads_back(std::string(below)));
  return std::string(below);
}

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
    const auto match = match_front(block, name);
    if (!match) {
      continue;
    }
    return std::any_of(std::begin(kUnetLeaves), std::end(kUnetLeaves), [&](std::string_view leaf) {
      std::string pattern(leaf);
      std::replace(pattern.begin(), pattern.end(), '@', '#');
      const auto inner = match_front(pattern, match->rest);
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
