#include "addons/lora_layer.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// The norm over everything but one side of the weight: [1, in, 1, ...] where that is 1.
at::Tensor norm_by(std::int64_t kept, const at::Tensor& weight) {
  std::vector<std::int64_t> others;
  for (std::int64_t side = 0; side < weight.dim(); ++side) {
    if (side != kept) {
      others.push_back(side);
    }
  }
  return weight.square().sum(others, true).sqrt();
}

constexpr std::int64_t kOutputs = 0;
constexpr std::int64_t kInputs = 1;

}  // namespace

std::optional<LoraLayer> LoraLayer::make(std::shared_ptr<const LoraFile> file,
                                         const LoraModule& module) {
  const auto kind = lora_kind(module);
  return kind ? std::optional(LoraLayer(std::move(file), module, *kind)) : std::nullopt;
}

at::Tensor LoraLayer::numbers(std::string_view part) const {
  const auto found = module_->parts.find(part);
  PTRAVEL_CHECK(found != module_->parts.end());
  return file_->tensors().tensor(found->second).to(at::kFloat);
}

double LoraLayer::number(std::string_view part) const {
  return numbers(part).reshape({}).item<double>();
}

LoraShapes LoraLayer::shapes() const {
  return LoraShapes(*module_, kind_,
                    [this](const std::string& tensor) { return file_->tensors().shape(tensor); });
}

double LoraLayer::scale() const {
  if (kind_ == Kind::Rotation) {
    return 1;
  }
  if (has("scale")) {
    return number("scale");
  }
  const auto dimension = shapes().rank();
  if (dimension && has("alpha")) {
    return number("alpha") / static_cast<double>(*dimension);
  }
  const bool by_peft = module_->naming == LoraNaming::Diffusers && dimension && *dimension > 0;
  return by_peft ? file_->peft_alphas().scale(module_->name, *dimension).value_or(1) : 1;
}

bool LoraLayer::fits(const std::vector<std::int64_t>& weight, std::int64_t bias) const {
  const LoraShapes all = shapes();
  return all.fits(weight, bias, [this] { return number("on_input") != 0; });
}

at::Tensor LoraLayer::change(const at::Tensor& weight, const LoraOptions& options) const {
  at::Tensor change;
  switch (kind_) {
    case Kind::LowRank:
      change = low_rank_change(weight, options);
      break;
    case Kind::Hadamard:
      change = hadamard_change();
      break;
    case Kind::Scaling:
      change = scaling_change(weight);
      break;
    case Kind::Kronecker:
      change = kronecker_change();
      break;
    case Kind::Full:
      change = numbers("diff");
      break;
    case Kind::Norm:
      change = numbers("w_norm");
      break;
    case Kind::General:
      change = general_change(weight);
      break;
    case Kind::Rotation:
      change = rotation_change(weight);
      break;
  }
  change = change.reshape(weight.sizes());
  if (has("bias")) {
    change = change + numbers("bias").reshape(weight.sizes());
  }
  if (!is_dora()) {
    return change * scale();
  }
  if (module_->naming == LoraNaming::Diffusers) {
    // PEFT's: a length for each output, whatever version of the web UI there is.
    const at::Tensor sum = weight + change * scale();
    const at::Tensor norm = norm_by(kOutputs, sum);
    return sum * (numbers("dora_scale").reshape(norm.sizes()) / norm) - weight;
  }
  const bool inside = options.dora == DoraRule::ScaleInside;
  const at::Tensor sum = weight + (inside ? change * scale() : change);
  change = sum * (numbers("dora_scale") / norm_by(kInputs, sum)) - weight;
  return inside ? change : change * scale();
}

at::Tensor LoraLayer::bias_change() const {
  if (!changes_bias()) {
    return {};
  }
  return numbers(kind_ == Kind::Full ? "diff_b" : "b_norm").reshape({-1});
}

bool LoraLayer::is_low_rank() const {
  return kind_ == Kind::LowRank && !has("lora_mid.weight") && !has("bias") && !is_dora();
}

}  // namespace ptravel
