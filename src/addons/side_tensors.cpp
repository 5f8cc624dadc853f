#include "addons/side_tensors.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {

bool can_stand_beside(const SideLora& lora, const TensorSource& model) {
  const std::vector<LoraFit::Layer>& layers = lora.fit->layers();
  return std::all_of(layers.begin(), layers.end(), [&](const LoraFit::Layer& layer) {
    if (layer.text) {
      return true;
    }
    if (!layer.layer.is_low_rank() || !layer.bias.empty()) {
      return false;
    }
    const std::vector<std::int64_t> shape = model.shape(layer.weight);
    const auto numbers = std::accumulate(shape.begin(), shape.end(), std::int64_t{1},
                                         std::multiplies<std::int64_t>());
    const auto factors = layer.layer.low_rank(lora.options);
    return factors->down.size(0) > 0 && factors->up.size(0) * factors->down.size(1) == numbers;
  });
}

bool is_independent(const LoraFit& fit) {
  const std::vector<LoraFit::Layer>& layers = fit.layers();
  return std::all_of(layers.begin(), layers.end(), [](const LoraFit::Layer& layer) {
    const LoraKind kind = layer.layer.kind();
    return layer.text || (!layer.layer.is_dora() && kind != LoraKind::Scaling &&
                          kind != LoraKind::General && kind != LoraKind::Rotation);
  });
}

std::vector<SideBranch> SideTensors::side_branches(std::string_view name) const {
  std::vector<SideBranch> branches;
  for (std::size_t slot = 0; slot < loras_.size(); ++slot) {
    for (const LoraFit::Layer& layer : loras_[slot].fit->layers()) {
      if (layer.text || layer.weight != name) {
        continue;
      }
      const auto factors = layer.layer.low_rank(loras_[slot].options);
      PTRAVEL_CHECK(factors);
      if (!(factors->up.sum() + factors->down.sum()).isfinite().item<bool>()) {
        throw Error(ErrorCode::Corrupt, "[lora] " + layer.layer.path().string() + ": layer " +
                                            layer.layer.name() + " makes " + std::string(name) +
                                            " infinite or not a number, expected finite numbers");
      }
      std::vector<std::int64_t> shape = model_->shape(name);
      shape[0] = factors->down.size(0);
      branches.push_back(
          {static_cast<std::int64_t>(slot), factors->up, factors->down.reshape(shape)});
    }
  }
  return branches;
}

}  // namespace ptravel
