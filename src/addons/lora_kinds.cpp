// The kinds of LoRA's family, as LyCORIS defines them and the web UI computes them
// (docs/addons.md). W is the weight, [out, in] or [out, in, k, k].
#include <algorithm>
#include <functional>
#include <numeric>

#include <ATen/ATen.h>

#include "addons/lora_layer.h"

namespace ptravel {
namespace {

using Shape = std::vector<std::int64_t>;

std::int64_t product(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// A tensor as a matrix of as many rows as its first side.
at::Tensor as_matrix(const at::Tensor& tensor) { return tensor.reshape({tensor.size(0), -1}); }

/// How many numbers each row of such a matrix has.
std::int64_t row(const Shape& shape) { return product(shape) / shape.front(); }

/// Inputs of a change for four channels of a network that takes nine are those of the latent.
constexpr std::int64_t kLatentChannels = 4;
constexpr std::int64_t kInpaintingChannels = 9;

bool is_for_latent_alone(const Shape& weight, const Shape& down) {
  return weight.size() == 4 && weight[1] == kInpaintingChannels && down.size() == 4 &&
         down[1] == kLatentChannels && down[2] == weight[2] && down[3] == weight[3];
}

}  // namespace

bool LoraLayer::low_rank_fits(const Shape& weight) const {
  const Shape up = shape("lora_up.weight"), down = shape("lora_down.weight");
  if (up.size() < 2 || down.size() < 2 || up[0] != weight[0]) {
    return false;
  }
  if (has("lora_mid.weight")) {
    const Shape mid = shape("lora_mid.weight");
    return mid.size() == 4 && row(up) == mid[0] && down[0] == mid[1] &&
           up[0] * row(down) * mid[2] * mid[3] == product(weight);
  }
  return row(up) == down[0] &&
         (up[0] * row(down) == product(weight) || is_for_latent_alone(weight, down));
}

/// up @ down; with a middle the sum over n, m of mid[n, m, k, l] up[i, n] down[m, j].
at::Tensor LoraLayer::low_rank_change(const at::Tensor& weight, const LoraOptions& options) const {
  at::Tensor up = as_matrix(numbers("lora_up.weight"));
  const at::Tensor down_filter = numbers("lora_down.weight");
  at::Tensor down = as_matrix(down_filter);
  if (has("lora_mid.weight")) {
    return at::einsum("nmkl,in,mj->ijkl", {numbers("lora_mid.weight"), up, down});
  }
  if (options.dyn) {
    const std::int64_t rank = down.size(0);
    const std::int64_t used = std::clamp<std::int64_t>(
        *options.dyn < 0 ? rank + std::max(*options.dyn, -rank) : *options.dyn, 0, rank);
    up = up.narrow(1, 0, used);
    down = down.narrow(0, 0, used);
  }
  const at::Tensor change = at::matmul(up, down);
  if (change.numel() == weight.numel()) {
    return change;
  }
  const at::Tensor latent =
      change.reshape({up.size(0), kLatentChannels, weight.size(2), weight.size(3)});
  return at::constant_pad_nd(latent, {0, 0, 0, 0, 0, kInpaintingChannels - kLatentChannels});
}

std::optional<LowRank> LoraLayer::low_rank(const LoraOptions& options) const {
  if (!is_low_rank()) {
    return std::nullopt;
  }
  at::Tensor up = as_matrix(numbers("lora_up.weight"));
  at::Tensor down = as_matrix(numbers("lora_down.weight"));
  if (options.dyn) {
    const std::int64_t rank = down.size(0);
    const std::int64_t used = std::clamp<std::int64_t>(
        *options.dyn < 0 ? rank + std::max(*options.dyn, -rank) : *options.dyn, 0, rank);
    up = up.narrow(1, 0, used);
    down = down.narrow(0, 0, used);
  }
  return LowRank{up * scale(), down.contiguous()};
}

/// The shape of one of the two factors: a @ b, or with a core the sum over i, j of
/// t[i, j, k, l] b[j, r] a[i, p] as [p, r, k, l].
std::optional<Shape> LoraLayer::hadamard_factor_shape(const std::string& number) const {
  const Shape a = shape("hada_w" + number + "_a"), b = shape("hada_w" + number + "_b");
  if (a.size() < 2 || b.size() < 2) {
    return std::nullopt;
  }
  if (!has("hada_t" + number)) {
    return row(a) == b[0] ? std::optional(Shape{a[0], row(b)}) : std::nullopt;
  }
  const Shape t = shape("hada_t" + number);
  const bool fits = t.size() == 4 && t[0] == a[0] && t[1] == b[0];
  return fits ? std::optional(Shape{row(a), row(b), t[2], t[3]}) : std::nullopt;
}

at::Tensor LoraLayer::hadamard_factor(const std::string& number) const {
  const at::Tensor a = as_matrix(numbers("hada_w" + number + "_a"));
  const at::Tensor b = as_matrix(numbers("hada_w" + number + "_b"));
  if (!has("hada_t" + number)) {
    return at::matmul(a, b);
  }
  return at::einsum("ijkl,jr,ip->prkl", {numbers("hada_t" + number), b, a});
}

bool LoraLayer::hadamard_fits(const Shape& weight) const {
  const auto first = hadamard_factor_shape("1"), second = hadamard_factor_shape("2");
  return first && second && first->front() == weight[0] && second->front() == weight[0] &&
         product(*first) == product(weight) && product(*second) == product(weight);
}

at::Tensor LoraLayer::hadamard_change() const {
  const at::Tensor first = hadamard_factor("1");
  return first * hadamard_factor("2").reshape(first.sizes());
}

/// Scales inputs or outputs of a matrix.
bool LoraLayer::scaling_fits(const Shape& weight) const {
  return weight.size() == 2 && count("weight") == weight[number("on_input") != 0 ? 1 : 0];
}

at::Tensor LoraLayer::scaling_change(const at::Tensor& weight) const {
  const at::Tensor factors = numbers("weight");
  return weight * (number("on_input") != 0 ? factors.reshape({1, -1}) : factors.reshape({-1, 1}));
}

/// The shape of one of the two factors: given as it is, as a product, or (the second) with a core.
std::optional<Shape> LoraLayer::kronecker_factor_shape(const std::string& number) const {
  const std::string name = "lokr_w" + number;
  if (has(name)) {
    return shape(name);
  }
  const Shape a = shape(name + "_a"), b = shape(name + "_b");
  if (a.size() != 2 || b.size() != 2) {
    return std::nullopt;
  }
  if (number == "2" && has("lokr_t2")) {
    const Shape t = shape("lokr_t2");
    const bool fits = t.size() == 4 && t[0] == a[0] && t[1] == b[0];
    return fits ? std::optional(Shape{a[1], b[1], t[2], t[3]}) : std::nullopt;
  }
  return a[1] == b[0] ? std::optional(Shape{a[0], b[1]}) : std::nullopt;
}

at::Tensor LoraLayer::kronecker_factor(const std::string& number) const {
  const std::string name = "lokr_w" + number;
  if (has(name)) {
    return numbers(name);
  }
  const at::Tensor a = numbers(name + "_a"), b = numbers(name + "_b");
  if (number == "2" && has("lokr_t2")) {
    return at::einsum("ijkl,jr,ip->prkl", {numbers("lokr_t2"), b, a});
  }
  return at::matmul(a, b);
}

bool LoraLayer::kronecker_fits(const Shape& weight) const {
  const auto first = kronecker_factor_shape("1"), second = kronecker_factor_shape("2");
  return first && second && first->size() == 2 && (second->size() == 2 || second->size() == 4) &&
         (*first)[0] * (*second)[0] == weight[0] && product(*second) <= product(weight) &&
         product(*first) * product(*second) == product(weight);
}

at::Tensor LoraLayer::kronecker_change() const {
  at::Tensor first = kronecker_factor("1");
  const at::Tensor second = kronecker_factor("2");
  if (second.dim() == 4) {
    first = first.unsqueeze(2).unsqueeze(2);
  }
  return at::kron(first.contiguous(), second.contiguous());
}

bool LoraLayer::general_fits(const Shape& weight) const {
  const Shape a1 = shape("a1.weight"), a2 = shape("a2.weight");
  const Shape b1 = shape("b1.weight"), b2 = shape("b2.weight");
  const auto matrix = [](const Shape& side) { return side.size() == 2; };
  return matrix(weight) && matrix(a1) && matrix(a2) && matrix(b1) && matrix(b2) &&
         a2[0] == weight[1] && a2[1] == a1[0] && a1[1] == weight[1] && b2[0] == weight[0] &&
         b2[1] == b1[0] && b1[1] == weight[1];
}

/// b2 @ b1 + W @ a2 @ a1.
at::Tensor LoraLayer::general_change(const at::Tensor& weight) const {
  return at::matmul(numbers("b2.weight"), numbers("b1.weight")) +
         at::matmul(at::matmul(weight, numbers("a2.weight")), numbers("a1.weight"));
}

}  // namespace ptravel
