// Names of diffusers folders. The rules are the tables below; the code only applies them.
#include "checkpoint/key_map.h"

#include <algorithm>

#include "checkpoint/name_pattern.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

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
    {ModelPart::TextEncoder2, "text_model.", ""},
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

std::string expand(std::string_view to, const NameMatch& match, const DiffusersLayout& layout) {
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
  const auto match = match_name("up_blocks.#.attentions.", from);
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
    case ModelPart::TextEncoder2:
      return kText2Prefix;
  }
  return {};
}

DiffusersLayout read_diffusers_layout(ModelPart part, const std::vector<std::string>& names) {
  const std::string_view down =
      part == ModelPart::Vae ? "encoder.down_blocks.#.resnets.#." : "down_blocks.#.resnets.#.";
  DiffusersLayout layout;
  for (const std::string& name : names) {
    if (const auto match = match_name(down, name)) {
      layout.num_levels = std::max(layout.num_levels, match->i + 1);
      layout.layers_per_block = std::max(layout.layers_per_block, match->j + 1);
    }
    if (const auto match = match_name("up_blocks.#.attentions.#.", name)) {
      layout.up_attention.resize(kMaxNameNumber + 1);
      layout.up_attention[static_cast<std::size_t>(match->i)] = true;
    }
  }
  return layout;
}

std::optional<MappedName> map_diffusers_name(ModelPart part,
                                             std::string_view name,
                                             const DiffusersLayout& layout) {
  const bool text = part == ModelPart::TextEncoder || part == ModelPart::TextEncoder2;
  if (text && name.ends_with("embeddings.position_ids")) {
    return std::nullopt;
  }
  MappedName mapped{std::string(ldm_prefix(part)), false};
  for (const BlockRule& rule : kBlocks) {
    if (rule.part != part) {
      continue;
    }
    if (const auto match = match_name(rule.from, name)) {
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
      const std::string to = expand(rule.to, *match_name(rule.from, from), layout);
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

}  // namespace ptravel
