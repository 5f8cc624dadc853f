#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "addons/lora_file.h"
#include "checkpoint/model_files.h"

namespace ptravel {

/// A layer of a model that a module of a LoRA changes.
struct LoraTarget {
  std::string layer;  ///< Our name of it, without ".weight" (key_map.h).
  bool text = false;  ///< It is a text encoder's.
  /// Where it is one of the four layers of an attention that the web UI only changes together: what
  /// they have in common.
  std::string together = {};
};

/// Finds a model's layers by the names that LoRA files give them. Immutable.
class LoraTargets {
 public:
  explicit LoraTargets(const ModelFiles& model);
  /// The layer that a module belongs to; nothing where the model has none of that name, or the web
  /// UI knows none.
  std::optional<LoraTarget> find(const LoraModule& module) const;

 private:
  using Names = std::map<std::string, std::string, std::less<>>;

  std::optional<LoraTarget> web_ui_layer(std::string_view name) const;
  std::optional<LoraTarget> diffusers_layer(std::string_view name) const;
  std::optional<LoraTarget> unet_layer(const std::string& underscored) const;
  std::optional<LoraTarget> text_layer(std::size_t encoder, std::string_view underscored) const;

  DiffusersLayout layout_;
  Names unet_;                // layers by name below the prefix, dots as underscores
  std::vector<Names> texts_;  // the same for each text encoder
  std::vector<bool> open_clip_;
};

}  // namespace ptravel
