#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptravel {

/// By what the changes of layers with diffusers' names are multiplied where the file says it in its
/// header and not beside each layer: diffusers' key "lora_adapter_metadata", a JSON object with
/// PEFT's settings of each part of the model ("unet.lora_alpha", "text_encoder.use_rslora").
/// Immutable.
class PeftAlphas {
 public:
  /// Nothing is known.
  PeftAlphas() = default;
  /// What cannot be read says nothing.
  explicit PeftAlphas(std::string_view metadata);

  /// Of a layer ("unet.down_blocks....to_q") of this rank, at least 1; nothing where it is not
  /// said.
  std::optional<double> scale(std::string_view layer, std::int64_t rank) const;

 private:
  struct Part {
    std::optional<double> alpha;
    bool by_root = false;                                  // divided by the root of the rank
    std::vector<std::pair<std::string, double>> patterns;  // alphas of layers whose names end so
  };
  std::map<std::string, Part, std::less<>> parts_;
};

}  // namespace ptravel
