#include "addons/lora_fit.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ptravel {
namespace {

constexpr std::size_t kAttentionLayers = 4;

}  // namespace

std::shared_ptr<const LoraFit> LoraFit::make(std::shared_ptr<const LoraFile> file,
                                             const ModelFiles& model,
                                             const LoraTargets& targets) {
  auto fit = std::make_shared<LoraFit>();
  std::map<std::string, std::size_t> together;
  std::vector<std::pair<const LoraModule*, LoraTarget>> found;
  for (const LoraModule& module : file->modules()) {
    if (auto target = targets.find(module)) {
      ++together[target->together];
      found.emplace_back(&module, *std::move(target));
    }
  }
  for (auto& [module, target] : found) {
    if (!target.together.empty() && together[target.together] < kAttentionLayers) {
      continue;
    }
    auto layer = LoraLayer::make(file, *module);
    const std::string weight = target.layer + ".weight", bias = target.layer + ".bias";
    const bool has_bias = model.weights->contains(bias);
    const std::int64_t numbers = has_bias ? model.weights->shape(bias).at(0) : 0;
    if (!layer || !layer->fits(model.weights->shape(weight), numbers)) {
      ++fit->misfits_;
      continue;
    }
    const bool changes_bias = layer->changes_bias();
    fit->layers_.push_back(
        {weight, changes_bias ? bias : std::string(), target.text, *std::move(layer)});
  }
  fit->file_ = std::move(file);
  return fit;
}

bool LoraFit::changes_text() const {
  return std::any_of(layers_.begin(), layers_.end(), [](const Layer& layer) { return layer.text; });
}

bool LoraFit::changes_unet() const {
  return std::any_of(layers_.begin(), layers_.end(),
                     [](const Layer& layer) { return !layer.text; });
}

}  // namespace ptravel
