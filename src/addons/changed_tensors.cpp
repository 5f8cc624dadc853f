#include "addons/changed_tensors.h"

#include <set>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/linear.h"

namespace ptravel {
namespace {

/// Low ranks that follow each other are one of the sum of their ranks: one product for all of them.
class LowRankSum {
 public:
  void add(const LowRank& factors, double strength) {
    ups_.push_back(factors.up * strength);
    downs_.push_back(factors.down);
  }
  /// Adds them to the weight, and forgets them. Products of factors in `format`, summed in float32.
  void flush(at::Tensor& weight, at::ScalarType format) {
    if (ups_.empty()) {
      return;
    }
    const at::Tensor up = at::cat(ups_, 1).to(format);
    const at::Tensor down = at::cat(downs_, 0).t().to(format).contiguous();
    ups_.clear();
    downs_.clear();
    if (up.size(1) > 0) {
      // One picture of many rows: a product of its own for each row would be slow.
      const at::Tensor rows = weight.view({1, weight.size(0), -1});
      weight =
          LinearMap(down, {})(up.unsqueeze(0), rows, ResultFormat::Float32).view(weight.sizes());
    }
  }

 private:
  std::vector<at::Tensor> ups_;
  std::vector<at::Tensor> downs_;
};

}  // namespace

ChangedTensors::ChangedTensors(std::shared_ptr<const TensorSource> model,
                               const std::vector<AppliedLora>& loras,
                               at::ScalarType unet_format)
    : model_(std::move(model)), unet_format_(unet_format) {
  for (const AppliedLora& lora : loras) {
    for (const LoraFit::Layer& layer : lora.fit->layers()) {
      const double strength = layer.text ? lora.text_encoder : lora.unet;
      if (strength == 0) {
        continue;
      }
      changes_[layer.weight].push_back(
          {lora.fit, &layer.layer, strength, lora.options, layer.text, false});
      if (!layer.bias.empty()) {
        changes_[layer.bias].push_back(
            {lora.fit, &layer.layer, strength, lora.options, layer.text, true});
      }
    }
  }
}

at::ScalarType ChangedTensors::dtype(std::string_view name) const {
  return changes_.contains(name) ? at::kFloat : model_->dtype(name);
}

std::string ChangedTensors::files_of(const std::vector<Change>& changes) {
  std::string files;
  std::set<std::string> told;
  for (const Change& change : changes) {
    const std::string file = change.layer->path().string();
    if (told.insert(file).second) {
      files += (files.empty() ? "" : ", ") + file;
    }
  }
  return files;
}

void ChangedTensors::apply(const std::vector<Change>& changes, at::Tensor& weight) const {
  LowRankSum sum;
  const at::ScalarType format = changes.front().text ? at::kFloat : unet_format_;
  for (const Change& change : changes) {
    if (change.bias) {
      weight += change.layer->bias_change() * change.strength;
      continue;
    }
    const auto factors = change.layer->low_rank(change.options);
    if (factors && factors->up.size(0) * factors->down.size(1) == weight.numel()) {
      sum.add(*factors, change.strength);
      continue;
    }
    sum.flush(weight, format);
    weight += change.layer->change(weight, change.options) * change.strength;
  }
  sum.flush(weight, format);
}

at::Tensor ChangedTensors::tensor(std::string_view name) const {
  const auto found = changes_.find(name);
  if (found == changes_.end()) {
    return model_->tensor(name);
  }
  at::Tensor weight = model_->tensor(name).to(at::kFloat, false, true).contiguous();
  apply(found->second, weight);
  if (!weight.sum().isfinite().item<bool>()) {
    throw Error(ErrorCode::Corrupt,
                "[lora] " + files_of(found->second) + ": " + std::string(name) +
                    " became infinite or not a number, expected finite numbers");
  }
  return weight;
}

std::vector<std::string> ChangedTensors::changed() const {
  std::vector<std::string> names;
  for (const auto& [name, changes] : changes_) {
    names.push_back(name);
  }
  return names;
}

}  // namespace ptravel
