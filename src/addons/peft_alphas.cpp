#include "addons/peft_alphas.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json_number.h"
#include "ptravel/error.h"

namespace ptravel {

PeftAlphas::PeftAlphas(std::string_view metadata) {
  const auto settings = nlohmann::json::parse(metadata, nullptr, false);
  if (!settings.is_object()) {
    return;
  }
  for (const auto& [key, value] : settings.items()) {
    const std::size_t dot = key.find('.');
    if (dot == key.npos) {
      continue;
    }
    Part& part = parts_[key.substr(0, dot)];
    const std::string_view setting = std::string_view(key).substr(dot + 1);
    if (setting == "lora_alpha") {
      part.alpha = json_number(value);
    } else if (setting == "use_rslora") {
      part.by_root = value.is_boolean() && value.get<bool>();
    } else if (setting == "alpha_pattern" && value.is_object()) {
      for (const auto& [layer, own] : value.items()) {
        if (const auto alpha = json_number(own)) {
          part.patterns.emplace_back(layer, *alpha);
        }
      }
    }
  }
}

std::optional<double> PeftAlphas::scale(std::string_view layer, std::int64_t rank) const {
  PTRAVEL_CHECK(rank > 0);
  const std::size_t dot = layer.find('.');
  const auto found = parts_.find(layer.substr(0, dot));
  if (dot == layer.npos || found == parts_.end()) {
    return std::nullopt;
  }
  const std::string_view name = layer.substr(dot + 1);
  std::optional<double> alpha = found->second.alpha;
  for (const auto& [end, own] : found->second.patterns) {
    if (name == end || name.ends_with("." + end)) {
      alpha = own;
      break;
    }
  }
  if (!alpha) {
    return std::nullopt;
  }
  const auto divisor = static_cast<double>(rank);
  return *alpha / (found->second.by_root ? std::sqrt(divisor) : divisor);
}

}  // namespace ptravel
