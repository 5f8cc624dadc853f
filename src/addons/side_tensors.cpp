#include "addons/side_tensors.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {

bool can_stand_beside(const SideLora& lora, const TensorSource& model) {
  const std::vector<LoraFit::Layer>& layers = lora.fit->layers();
  return std::all_of(layers.begin(), layers.end(), [&](const LoraFit::Layer& layer) {
    if (layer.text) {
      return true;
    }
    if (!layer.bias.empty()) {
      return false;
    }
    const auto sizes = layer.layer.low_rank_sizes(lora.options);
    return sizes && sizes->rank > 0 &&
           sizes->out * sizes->in == c10::multiply_integers(model.shape(layer.weight));
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

std::int64_t SideTensors::side_numbers(std::string_view name) const {
  std::int64_t numbers = 0;
  for (const SideLora& lora : loras_) {
    for (const LoraFit::Layer& layer : lora.fit->layers()) {
      if (!layer.text && layer.weight == name) {
        const auto sizes = layer.layer.low_rank_sizes(lora.options);
        PTRAVEL_CHECK(sizes);
        numbers += sizes->rank * (sizes->out + sizes->in);
      }
    }
  }
  return numbers;
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
