#include "checkpoint/text_width.h"

#include <set>
#include <string_view>
#include <utility>

namespace ptravel {
namespace {

/// Widths of texts, by which families differ.
constexpr std::pair<std::int64_t, const char*> kFamilies[] = {
    {768, "Stable Diffusion 1.x"}, {1024, "Stable Diffusion 2.x"}, {2048, "SDXL"}};

/// The parts whose last side is that of the layer's inputs.
constexpr std::string_view kInputParts[] = {"lora_down.weight", "hada_w1_b", "diff"};

}  // namespace

std::int64_t text_width(const StoredTensors& tensors) {
  for (const std::string& name : tensors.names()) {
    if (name.ends_with("attn2.to_k.weight")) {
      const std::vector<std::int64_t> shape = tensors.shape(name);
      return shape.size() < 2 ? 0 : shape[1];
    }
  }
  return 0;
}

std::int64_t text_width(const StoredTensors& tensors, const LoraModule& module) {
  const bool to_text = module.name.find("attn2") != std::string::npos &&
                       (module.name.ends_with("to_k") || module.name.ends_with("to_v"));
  if (!to_text) {
    return 0;
  }
  for (const std::string_view part : kInputParts) {
    if (const auto found = module.parts.find(part); found != module.parts.end()) {
      const std::vector<std::int64_t> shape = tensors.shape(found->second);
      return shape.size() < 2 ? 0 : shape[1];
    }
  }
  return 0;
}

std::vector<std::int64_t> lora_text_widths(const StoredTensors& tensors) {
  std::set<std::int64_t> widths;
  for (const LoraModule& module : lora_modules(tensors.names())) {
    if (const std::int64_t width = text_width(tensors, module); width > 0) {
      widths.insert(width);
    }
  }
  return {widths.begin(), widths.end()};
}

const char* family_of_width(std::int64_t width) {
  for (const auto& [each, name] : kFamilies) {
    if (each == width) {
      return name;
    }
  }
  return "";
}

std::string families_of_widths(const std::vector<std::int64_t>& widths) {
  std::string known, plain;
  for (const std::int64_t width : widths) {
    if (const std::string_view name = family_of_width(width); !name.empty()) {
      known.append(known.empty() ? "" : ", ").append(name);
    }
    plain += (plain.empty() ? "texts of width " : ", ") + std::to_string(width);
  }
  return known.empty() ? plain : known;
}

}  // namespace ptravel
