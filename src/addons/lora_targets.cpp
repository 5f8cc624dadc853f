// Names of LoRA files as layers of a model. The rules for names without dots are the web UI's, down
// to the layers that it does not find.
#include "addons/lora_targets.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "checkpoint/key_map.h"
#include "checkpoint/name_pattern.h"

namespace ptravel {
namespace {

/// The front of a layer's name in diffusers' order, without dots, and what stands for it in LDM's:
/// D, S, U, P as in checkpoint/key_map.cpp; M: 2 j; K: 2 i - 2; T: 2, or 1 for the first level.
struct Rule {
  std::string_view from;
  std::string_view to;
  bool residual = false;
};

constexpr Rule kRules[] = {
    {"conv_in", "input_blocks_0_0"},
    {"conv_out", "out_2"},
    {"time_embedding_linear_#", "time_embed_K"},
    {"down_blocks_#_attentions_#_", "input_blocks_D_1_"},
    {"down_blocks_#_resnets_#_", "input_blocks_D_0_", true},
    {"down_blocks_#_downsamplers_0_conv", "input_blocks_S_0_op"},
    {"mid_block_attentions_#_", "middle_block_1_"},
    {"mid_block_resnets_#_", "middle_block_M_", true},
    {"up_blocks_#_attentions_#_", "output_blocks_U_1_"},
    {"up_blocks_#_resnets_#_", "output_blocks_U_0_", true},
    {"up_blocks_#_upsamplers_0_conv", "output_blocks_P_T_conv"},
};

constexpr std::pair<std::string_view, std::string_view> kResidual[] = {
    {"conv1", "in_layers_2"},          {"conv2", "out_layers_3"},
    {"norm1", "in_layers_0"},          {"norm2", "out_layers_0"},
    {"time_emb_proj", "emb_layers_1"}, {"conv_shortcut", "skip_connection"},
};

constexpr std::string_view kWeight = ".weight";
constexpr std::string_view kAttention = "self_attn_";
constexpr std::array<std::string_view, 4> kAttentionLayers = {"q_proj", "k_proj", "v_proj",
                                                              "out_proj"};

std::string without_dots(std::string_view name) {
  std::string result(name);
  std::replace(result.begin(), result.end(), '.', '_');
  return result;
}

std::string expand(const Rule& rule, const NameMatch& match, const DiffusersLayout& layout) {
  const std::int64_t per_level = layout.layers_per_block + 1;
  std::string result;
  for (const char letter : rule.to) {
    switch (letter) {
      case 'D':
        result += std::to_string(per_level * match.i + match.j + 1);
        break;
      case 'S':
        result += std::to_string(per_level * (match.i + 1));
        break;
      case 'U':
        result += std::to_string(per_level * match.i + match.j);
        break;
      case 'P':
        result += std::to_string(per_level * match.i + layout.layers_per_block);
        break;
      case 'M':
        result += std::to_string(2 * match.j);
        break;
      case 'K':
        result += std::to_string(2 * match.i - 2);
        break;
      case 'T':
        result += match.i > 0 ? '2' : '1';
        break;
      default:
        result += letter;
    }
  }
  return result;
}

/// The name in LDM's order of one in diffusers'; itself where no rule knows it.
std::string in_ldm_order(std::string_view name, const DiffusersLayout& layout) {
  for (const Rule& rule : kRules) {
    const auto match = match_name(rule.from, name);
    if (!match) {
      continue;
    }
    std::string_view rest = match->rest;
    for (const auto& [from, to] : kResidual) {
      rest = rule.residual && rest == from ? to : rest;
    }
    return expand(rule, *match, layout).append(rest);
  }
  return std::string(name);
}

std::string_view after(std::string_view name, std::string_view front) {
  return name.starts_with(front) ? name.substr(front.size()) : std::string_view();
}

}  // namespace

LoraTargets::LoraTargets(const ModelFiles& model) {
  layout_.layers_per_block = model.unet.num_res_blocks;
  layout_.num_levels = static_cast<std::int64_t>(model.unet.channel_mult.size());
  for (auto depth = model.unet.transformer_depth.rbegin();
       depth != model.unet.transformer_depth.rend(); ++depth) {
    layout_.up_attention.push_back(*depth > 0);
  }
  texts_.resize(model.clips.size());
  for (const ClipConfig& clip : model.clips) {
    open_clip_.push_back(clip.open_clip_tokens);
  }
  for (const std::string& name : model.weights->names()) {
    if (!name.ends_with(kWeight)) {
      continue;
    }
    const std::string_view layer(name.data(), name.size() - kWeight.size());
    if (const auto below = after(layer, kUnetPrefix); !below.empty()) {
      unet_.emplace(without_dots(below), layer);
    }
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const auto below = after(layer, ldm_prefix(kTextParts[i]));
      if (!below.empty() && !below.starts_with("embeddings.")) {
        texts_[i].emplace(without_dots(below), layer);
      }
    }
  }
}

std::optional<LoraTarget> LoraTargets::unet_layer(const std::string& underscored) const {
  const auto found = unet_.find(underscored);
  return found == unet_.end() ? std::nullopt : std::optional(LoraTarget{found->second});
}

std::optional<LoraTarget> LoraTargets::text_layer(std::size_t encoder,
                                                  std::string_view underscored) const {
  const auto found = texts_.at(encoder).find(underscored);
  if (found == texts_[encoder].end()) {
    return std::nullopt;
  }
  return LoraTarget{found->second, true};
}

std::optional<LoraTarget> LoraTargets::find(const LoraModule& module) const {
  return module.naming == LoraNaming::Diffusers ? diffusers_layer(module.name)
                                                : web_ui_layer(module.name);
}

std::optional<LoraTarget> LoraTargets::web_ui_layer(std::string_view name) const {
  for (const std::string_view front : {"lora_unet_", "oft_unet_"}) {
    if (const auto below = after(name, front); !below.empty()) {
      auto target = unet_layer(in_ldm_order(below, layout_));
      return target ? target : unet_layer(std::string(below));
    }
  }
  const bool single = texts_.size() == 1;
  const bool open_clip_alone = single && open_clip_[0];
  std::size_t encoder = 0;
  std::string_view below;
  if (const auto te = after(name, "lora_te_text_model_"); !te.empty() && single) {
    below = te.starts_with("encoder_layers_") ? te : std::string_view();
  } else if (const auto te1 = after(name, "lora_te1_text_model_");
             !te1.empty() && !open_clip_alone) {
    below = te1;
  } else if (const auto te2 = after(name, "lora_te2_text_model_"); !te2.empty() && !single) {
    encoder = 1;
    below = te2;
  }
  if (below.empty()) {
    return std::nullopt;
  }
  auto target = text_layer(encoder, below);
  if (target && open_clip_[encoder]) {
    const auto layer = match_name("encoder_layers_#_", below);
    const std::string_view inside = layer ? layer->rest : std::string_view();
    if (inside.starts_with(kAttention)) {
      target->together = below.substr(0, below.size() - inside.size() + kAttention.size());
      target->together += std::to_string(encoder);
    } else if (inside != "mlp_fc1" && inside != "mlp_fc2") {
      return std::nullopt;
    }
  }
  return target;
}

std::optional<LoraTarget> LoraTargets::diffusers_layer(std::string_view name) const {
  if (const auto below = after(name, "unet."); !below.empty()) {
    const auto mapped = map_diffusers_name(ModelPart::Unet, std::string(below) + ".", layout_);
    const std::string_view layer = after(mapped ? mapped->name : "", kUnetPrefix);
    return unet_layer(without_dots(layer.substr(0, layer.size() - (layer.empty() ? 0 : 1))));
  }
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string front = i == 0 ? "text_encoder." : "text_encoder_2.";
    if (const auto below = after(name, front); !below.empty()) {
      const std::string_view inside = after(below, "text_model.");
      return text_layer(i, without_dots(inside.empty() ? below : inside));
    }
  }
  return std::nullopt;
}

}  // namespace ptravel
