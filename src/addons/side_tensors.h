#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "addons/lora_fit.h"
#include "model/weights.h"

namespace ptravel {

/// A LoRA whose part for the UNet stands beside the weights instead of changing them.
struct SideLora {
  std::shared_ptr<const LoraFit> fit;
  LoraOptions options = {};
};

/// Whether every layer that it has for the UNet is a plain low rank of the whole weight of `model`;
/// by shapes alone.
bool can_stand_beside(const SideLora& lora, const TensorSource& model);

/// Whether what it changes of the UNet does not depend on what other LoRAs made of the weights.
bool is_independent(const LoraFit& fit);

/// Another source's tensors with the low ranks of LoRAs, which can stand beside, as side branches
/// of the UNet's weights: the first one's have slot 0. Immutable.
class SideTensors : public TensorSource {
 public:
  SideTensors(std::shared_ptr<const TensorSource> model, std::vector<SideLora> loras)
      : model_(std::move(model)), loras_(std::move(loras)) {}

  std::vector<std::string> names() const override { return model_->names(); }
  bool contains(std::string_view name) const override { return model_->contains(name); }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return model_->shape(name);
  }
  at::ScalarType dtype(std::string_view name) const override { return model_->dtype(name); }
  at::Tensor tensor(std::string_view name) const override { return model_->tensor(name); }
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override {
    return model_->make(name, shape, compute);
  }
  /// Throws Corrupt, naming the file, where its numbers are not finite.
  std::vector<SideBranch> side_branches(std::string_view name) const override;
  std::int64_t side_numbers(std::string_view name) const override;

 private:
  std::shared_ptr<const TensorSource> model_;
  std::vector<SideLora> loras_;
};

}  // namespace ptravel
