#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "addons/lora_fit.h"
#include "model/weights.h"

namespace ptravel {

/// A LoRA at work: how strongly it changes the text encoders and the UNet.
struct AppliedLora {
  std::shared_ptr<const LoraFit> fit;
  double text_encoder = 1;
  double unet = 1;
  LoraOptions options = {};
};

/// A model's tensors as LoRAs change them, one after the other: each sees the weight as those
/// before it left it. Changed tensors are float32; all others come as they are. Immutable.
class ChangedTensors : public TensorSource {
 public:
  /// `unet_format`: in which low ranks of the UNet are multiplied; that of the network, whose
  /// weights are rounded to it anyway, or float32.
  ChangedTensors(std::shared_ptr<const TensorSource> model,
                 const std::vector<AppliedLora>& loras,
                 at::ScalarType unet_format = at::kFloat);

  std::vector<std::string> names() const override { return model_->names(); }
  bool contains(std::string_view name) const override { return model_->contains(name); }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return model_->shape(name);
  }
  at::ScalarType dtype(std::string_view name) const override;
  /// Throws Corrupt, naming the files, where its numbers make the weight not finite.
  at::Tensor tensor(std::string_view name) const override;
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override {
    return model_->make(name, shape, compute);
  }

  /// The names of what is changed.
  std::vector<std::string> changed() const;

 private:
  struct Change {
    std::shared_ptr<const LoraFit> fit;  // holds the layer
    const LoraLayer* layer;
    double strength;
    LoraOptions options;
    bool text;
    bool bias;
  };
  void apply(const std::vector<Change>& changes, at::Tensor& weight) const;
  static std::string files_of(const std::vector<Change>& changes);

  std::shared_ptr<const TensorSource> model_;
  at::ScalarType unet_format_;
  std::map<std::string, std::vector<Change>, std::less<>> changes_;
};

}  // namespace ptravel
