// Names of OpenCLIP's text encoder (key_map.h) as Hugging Face's CLIP has them. The rules are the
// tables below.
#include <array>
#include <string>
#include <utility>

#include "checkpoint/key_map.h"
#include "checkpoint/name_pattern.h"

namespace ptravel {
namespace {

using Shape = RenamedTensors::Shape;

/// Where an OpenCLIP text encoder stands in a file, and where in our names.
struct Place {
  std::string_view from;
  std::string_view to;
  bool pools;  ///< Its projection of the pooled text is used.
};

constexpr Place kPlaces[] = {
    {"cond_stage_model.model.", kTextPrefix, false},         // SD 2.x
    {"conditioner.embedders.0.model.", kTextPrefix, false},  // SD 2.1 Turbo
    {"conditioner.embedders.1.model.", kText2Prefix, true},  // SDXL
};

/// A whole name, or the front of one where it ends in a dot.
struct Rule {
  std::string_view from;
  std::string_view to;
  Shape shape = Shape::AsStored;
};

constexpr Rule kOutside[] = {
    {"token_embedding.weight", "embeddings.token_embedding.weight"},
    {"positional_embedding", "embeddings.position_embedding.weight"},
    {"ln_final.", "final_layer_norm."},
    {"text_projection.weight", "text_projection.weight"},
    {"text_projection", "text_projection.weight", Shape::Transposed},
};

constexpr Rule kInside[] = {
    {"ln_1.", "layer_norm1."},
    {"ln_2.", "layer_norm2."},
    {"mlp.c_fc.", "mlp.fc1."},
    {"mlp.c_proj.", "mlp.fc2."},
    {"attn.out_proj.", "self_attn.out_proj."},
};

// Queries, keys and values, one below the other.
constexpr std::string_view kPacked[] = {"attn.in_proj_weight", "attn.in_proj_bias"};
constexpr std::array kUnpacked = {"q_proj", "k_proj", "v_proj"};

constexpr std::string_view kNotNeeded[] = {"logit_scale", "attn_mask"};

const Place* place_of(std::string_view name) {
  for (const Place& place : kPlaces) {
    if (name.starts_with(place.from)) {
      return &place;
    }
  }
  return nullptr;
}

bool fits(const Rule& rule, std::string_view name) {
  return rule.from.ends_with('.') ? name.starts_with(rule.from) : name == rule.from;
}

MappedTensor apply(const Rule& rule, std::string_view name, const std::string& prefix) {
  std::string mapped = prefix;
  mapped.append(rule.to).append(name.substr(rule.from.size()));
  return {std::move(mapped), {rule.shape}};
}

/// A tensor of a layer, `name` being what is behind the layer's number.
std::vector<MappedTensor> map_layer(std::string_view name, const std::string& prefix) {
  for (const std::string_view packed : kPacked) {
    if (name != packed) {
      continue;
    }
    const std::string leaf = packed.ends_with("weight") ? ".weight" : ".bias";
    std::vector<MappedTensor> pieces;
    for (std::size_t i = 0; i < kUnpacked.size(); ++i) {
      std::string unpacked = prefix;
      unpacked.append("self_attn.").append(kUnpacked[i]).append(leaf);
      pieces.push_back(
          {std::move(unpacked),
           {Shape::AsStored, static_cast<int>(i), static_cast<int>(kUnpacked.size())}});
    }
    return pieces;
  }
  for (const Rule& rule : kInside) {
    if (fits(rule, name)) {
      return {apply(rule, name, prefix)};
    }
  }
  return {{prefix + std::string(name)}};
}

}  // namespace

bool is_open_clip_name(std::string_view name) { return place_of(name) != nullptr; }

std::vector<MappedTensor> map_open_clip_name(std::string_view name) {
  const Place* place = place_of(name);
  if (place == nullptr) {
    return {};
  }
  const std::string prefix(place->to);
  const std::string_view below = name.substr(place->from.size());
  for (const std::string_view known : kNotNeeded) {
    if (below == known) {
      return {};
    }
  }
  if (!place->pools && below.starts_with("text_projection")) {
    return {};
  }
  if (const auto layer = match_name("transformer.resblocks.#.", below)) {
    return map_layer(layer->rest, prefix + "encoder.layers." + std::to_string(layer->i) + ".");
  }
  for (const Rule& rule : kOutside) {
    if (fits(rule, below)) {
      return {apply(rule, below, prefix)};
    }
  }
  return {{prefix + std::string(below)}};
}

}  // namespace ptravel
