#include "addons/lora_layer.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

std::int64_t product(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// The norm over everything but the inputs, as wide as the weight is deep: [1, in, 1, ...].
at::Tensor norm_by_input(const at::Tensor& weight) {
  std::vector<std::int64_t> others;
  for (std::int64_t side = 0; side < weight.dim(); ++side) {
    if (side != 1) {
      others.push_back(side);
    }
  }
  return weight.square().sum(others, true).sqrt();
}

/// Whether a tensor of shape `from` can stand for one of shape `to` by repeating.
bool repeats_to(const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to) {
  if (from.size() > to.size()) {
    return false;
  }
  const std::size_t more = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != 1 && from[i] != to[more + i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<LoraLayer> LoraLayer::make(std::shared_ptr<const LoraFile> file,
                                         const LoraModule& module) {
  const auto all = [&](std::initializer_list<std::string_view> parts) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return module.parts.contains(part); });
  };
  const auto factor = [&](const std::string& name) {
    return all({name}) || all({name + "_a", name + "_b"});
  };
  std::optional<Kind> kind;
  // The web UI's order.
  if (all({"lora_up.weight", "lora_down.weight"})) {
    kind = Kind::LowRank;
  } else if (all({"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"})) {
    kind = Kind::Hadamard;
  } else if (all({"weight", "on_input"})) {
    kind = Kind::Scaling;
  } else if (factor("lokr_w1") && factor("lokr_w2")) {
    kind = Kind::Kronecker;
  } else if (all({"diff"})) {
    kind = Kind::Full;
  } else if (all({"w_norm", "b_norm"})) {
    kind = Kind::Norm;
  } else if (all({"a1.weight", "a2.weight", "alpha", "b1.weight", "b2.weight"})) {
    kind = Kind::General;
  } else if (all({"oft_blocks"}) || all({"oft_diag"})) {
    kind = Kind::Rotation;
  }
  return kind ? std::optional(LoraLayer(std::move(file), module, *kind)) : std::nullopt;
}

LoraLayer::Shape LoraLayer::shape(std::string_view part) const {
  const auto found = module_->parts.find(part);
  return found == module_->parts.end() ? Shape() : file_->tensors().shape(found->second);
}

std::int64_t LoraLayer::count(std::string_view part) const {
  return has(part) ? product(shape(part)) : 0;
}

at::Tensor LoraLayer::numbers(std::string_view part) const {
  const auto found = module_->parts.find(part);
  PTRAVEL_CHECK(found != module_->parts.end());
  return file_->tensors().tensor(found->second).to(at::kFloat);
}

double LoraLayer::number(std::string_view part) const {
  return numbers(part).reshape({}).item<double>();
}

std::optional<std::int64_t> LoraLayer::rank() const {
  switch (kind_) {
    case Kind::LowRank:
      return shape("lora_down.weight").at(0);
    case Kind::Hadamard:
      return shape("hada_w1_b").at(0);
    case Kind::Kronecker:
      for (const char* part : {"lokr_w2_b", "lokr_w1_b"}) {
        if (has(part)) {
          return shape(part).at(0);
        }
      }
      return std::nullopt;
    case Kind::Rotation:
      return shape(has("oft_blocks") ? "oft_blocks" : "oft_diag").at(0);
    default:
      return std::nullopt;
  }
}

double LoraLayer::scale() const {
  if (kind_ == Kind::Rotation) {
    return 1;
  }
  if (has("scale")) {
    return number("scale");
  }
  const auto dimension = rank();
  return dimension && has("alpha") ? number("alpha") / static_cast<double>(*dimension) : 1;
}

bool LoraLayer::fits(const Shape& weight, std::int64_t bias) const {
  const std::int64_t numbers = product(weight);
  // Every factor has numbers of its own in the file; none is larger than the weight by much.
  const bool sane =
      weight.size() <= 4 && !weight.empty() && numbers > 0 &&
      std::all_of(module_->parts.begin(), module_->parts.end(), [&](const auto& part) {
        const Shape sides = shape(part.first);
        return sides.size() <= 4 &&
               std::all_of(sides.begin(), sides.end(),
                           [](std::int64_t side) { return side > 0; }) &&
               product(sides) <= 64 * numbers;
      });
  const auto is_number = [&](const char* part) { return !has(part) || count(part) == 1; };
  if (!sane || !is_number("scale") || !is_number("on_input") ||
      (kind_ != Kind::General && !is_number("alpha")) ||
      (has("bias") && count("bias") != numbers)) {
    return false;
  }
  if (has("dora_scale") && (weight.size() < 2 || !repeats_to(shape("dora_scale"), weight))) {
    return false;
  }
  if (changes_bias() && count(has("diff_b") ? "diff_b" : "b_norm") != bias) {
    return false;
  }
  switch (kind_) {
    case Kind::LowRank:
      return low_rank_fits(weight);
    case Kind::Hadamard:
      return hadamard_fits(weight);
    case Kind::Scaling:
      return scaling_fits(weight);
    case Kind::Kronecker:
      return kronecker_fits(weight);
    case Kind::Full:
      return count("diff") == numbers;
    case Kind::Norm:
      return count("w_norm") == numbers;
    case Kind::General:
      return general_fits(weight);
    case Kind::Rotation:
      return rotation_fits(weight);
  }
  return false;
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
  const bool inside = options.dora == DoraRule::ScaleInside;
  const at::Tensor sum = weight + (inside ? change * scale() : change);
  change = sum * (numbers("dora_scale") / norm_by_input(sum)) - weight;
  return inside ? change : change * scale();
}

at::Tensor LoraLayer::bias_change() const {
  if (!changes_bias()) {
    return {};
  }
  return numbers(has("diff_b") ? "diff_b" : "b_norm").reshape({-1});
}

bool LoraLayer::is_low_rank() const {
  return kind_ == Kind::LowRank && !has("lora_mid.weight") && !has("bias") && !is_dora();
}

}  // namespace ptravel
