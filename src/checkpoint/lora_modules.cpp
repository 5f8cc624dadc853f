#include "checkpoint/lora_modules.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace ptravel {
namespace {

constexpr std::string_view kBundledEmbedding = "bundle_emb";

/// How names of diffusers begin, and what our names of modules begin with.
constexpr std::pair<std::string_view, std::string_view> kFronts[] = {
    {"unet.", "unet."},
    {"text_encoder.", "text_encoder."},
    {"text_encoder_2.", "text_encoder_2."},
    {"base_model.model.", "unet."},
};

/// How they end, and the web UI's name of the part.
constexpr std::pair<std::string_view, std::string_view> kEnds[] = {
    {".lora_A.weight", "lora_down.weight"},
    {".lora_B.weight", "lora_up.weight"},
    {".lora_A.default.weight", "lora_down.weight"},
    {".lora_B.default.weight", "lora_up.weight"},
    {".lora.down.weight", "lora_down.weight"},
    {".lora.up.weight", "lora_up.weight"},
    {"_lora.down.weight", "lora_down.weight"},
    {"_lora.up.weight", "lora_up.weight"},
    {".lora_linear_layer.down.weight", "lora_down.weight"},
    {".lora_linear_layer.up.weight", "lora_up.weight"},
    // A length for each output, where kohya's has one for each input.
    {".lora_magnitude_vector", "dora_scale"},
    {".lora_magnitude_vector.weight", "dora_scale"},
    {".lora_magnitude_vector.default", "dora_scale"},
    {".lora_magnitude_vector.default.weight", "dora_scale"},
    {".alpha", "alpha"},
};

/// How names begin in LoRAs that ComfyUI saves, with its own models' names of layers, and kohya's
/// names of the same places.
constexpr std::pair<std::string_view, std::string_view> kComfyFronts[] = {
    {"diffusion_model.", "lora_unet_"},
    {"text_encoders.clip_l.transformer.text_model.", "lora_te1_text_model_"},
    {"text_encoders.clip_g.transformer.text_model.", "lora_te2_text_model_"},
    {"text_encoders.clip_h.transformer.text_model.", "lora_te_text_model_"},
};

/// How such names end, and the web UI's name of the part.
constexpr std::pair<std::string_view, std::string_view> kComfyEnds[] = {
    {".lora_up.weight", "lora_up.weight"},
    {".lora_down.weight", "lora_down.weight"},
    {".lora_B.weight", "lora_up.weight"},
    {".lora_A.weight", "lora_down.weight"},
    {".lora_mid.weight", "lora_mid.weight"},
    {".alpha", "alpha"},
    {".dora_scale", "dora_scale"},
    {".diff", "diff"},
    {".diff_b", "diff_b"},
};

/// Older names of attention layers: they stood beside the layer, in its "processor".
constexpr std::pair<std::string_view, std::string_view> kOldLayers[] = {
    {".self_attn.to_q", ".self_attn.q_proj"},
    {".self_attn.to_k", ".self_attn.k_proj"},
    {".self_attn.to_v", ".self_attn.v_proj"},
    {".self_attn.to_out", ".self_attn.out_proj"},
    {".processor.to_q", ".to_q"},
    {".processor.to_k", ".to_k"},
    {".processor.to_v", ".to_v"},
    {".processor.to_out", ".to_out.0"},
};

struct NamedPart {
  std::string module;
  LoraNaming naming = LoraNaming::WebUi;
  std::string part;
};

std::string layer_of_today(std::string layer) {
  for (const auto& [old, today] : kOldLayers) {
    if (layer.ends_with(old)) {
      return layer.substr(0, layer.size() - old.size()).append(today);
    }
  }
  return layer;
}

std::optional<NamedPart> diffusers_part(std::string_view name) {
  for (const auto& [front, ours] : kFronts) {
    if (!name.starts_with(front)) {
      continue;
    }
    for (const auto& [end, part] : kEnds) {
      if (name.ends_with(end) && name.size() > front.size() + end.size()) {
        const auto layer = name.substr(front.size(), name.size() - front.size() - end.size());
        return NamedPart{layer_of_today(std::string(ours).append(layer)), LoraNaming::Diffusers,
                         std::string(part)};
      }
    }
  }
  return std::nullopt;
}

std::optional<NamedPart> comfy_part(std::string_view name) {
  for (const auto& [front, kohya] : kComfyFronts) {
    if (!name.starts_with(front)) {
      continue;
    }
    for (const auto& [end, part] : kComfyEnds) {
      if (name.ends_with(end) && name.size() > front.size() + end.size()) {
        std::string layer(name.substr(front.size(), name.size() - front.size() - end.size()));
        std::replace(layer.begin(), layer.end(), '.', '_');
        return NamedPart{std::string(kohya).append(layer), LoraNaming::WebUi, std::string(part)};
      }
    }
  }
  return std::nullopt;
}

/// What the tensor is to which layer; nothing for tensors of another kind.
std::optional<NamedPart> part_of(std::string_view name) {
  if (auto part = diffusers_part(name)) {
    return part;
  }
  if (auto part = comfy_part(name)) {
    return part;
  }
  const std::size_t dot = name.find('.');
  const std::string_view module = name.substr(0, dot);
  if (dot == name.npos || module == kBundledEmbedding ||
      !(module.starts_with("lora_") || module.starts_with("oft_"))) {
    return std::nullopt;
  }
  return NamedPart{std::string(module), LoraNaming::WebUi, std::string(name.substr(dot + 1))};
}

/// PEFT's names of the two factors below kohya's names of layers: the web UI takes nothing else of
/// such a layer.
void take_only_factors(LoraModule& module) {
  const auto up = module.parts.find("lora_B.weight");
  const auto down = module.parts.find("lora_A.weight");
  const bool plain =
      module.parts.contains("lora_up.weight") && module.parts.contains("lora_down.weight");
  if (module.naming == LoraNaming::WebUi && !plain && up != module.parts.end() &&
      down != module.parts.end()) {
    module.parts = {{"lora_up.weight", up->second}, {"lora_down.weight", down->second}};
  }
}

}  // namespace

std::vector<LoraModule> lora_modules(const std::vector<std::string>& tensors) {
  std::map<std::string, LoraModule> modules;
  for (const std::string& name : tensors) {
    if (auto part = part_of(name)) {
      LoraModule& module = modules[part->module];
      module.name = part->module;
      module.naming = part->naming;
      module.parts.emplace(std::move(part->part), name);
    }
  }
  std::vector<LoraModule> sorted;
  for (auto& [name, module] : modules) {
    take_only_factors(module);
    sorted.push_back(std::move(module));
  }
  return sorted;
}

std::optional<LoraKind> lora_kind(const LoraModule& module) {
  const auto all = [&](std::initializer_list<std::string_view> parts) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return module.parts.contains(part); });
  };
  const auto factor = [&](const std::string& name) {
    return all({name}) || all({name + "_a", name + "_b"});
  };
  std::optional<LoraKind> kind;
  // The web UI's order.
  if (all({"lora_up.weight", "lora_down.weight"})) {
    kind = LoraKind::LowRank;
  } else if (all({"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"})) {
    kind = LoraKind::Hadamard;
  } else if (all({"weight", "on_input"})) {
    kind = LoraKind::Scaling;
  } else if (factor("lokr_w1") && factor("lokr_w2")) {
    kind = LoraKind::Kronecker;
  } else if (all({"diff"})) {
    kind = LoraKind::Full;
  } else if (all({"w_norm", "b_norm"})) {
    kind = LoraKind::Norm;
  } else if (all({"a1.weight", "a2.weight", "alpha", "b1.weight", "b2.weight"})) {
    kind = LoraKind::General;
  } else if (all({"oft_blocks"}) || all({"oft_diag"})) {
    kind = LoraKind::Rotation;
  }
  return kind;
}

}  // namespace ptravel
