// The kinds of LoRA's family, as LyCORIS defines them and the web UI computes them
// (docs/addons.md). W is the weight, [out, in] or [out, in, k, k].
#include <algorithm>

#include <ATen/ATen.h>

#include "addons/lora_layer.h"

namespace ptravel {
namespace {

/// A tensor as a matrix of as many rows as its first side.
at::Tensor as_matrix(const at::Tensor& tensor) { return tensor.reshape({tensor.size(0), -1}); }

/// Inputs of a change for four channels of a network that takes nine are those of the latent.
constexpr std::int64_t kLatentChannels = 4;
constexpr std::int64_t kInpaintingChannels = 9;

/// How many of so many ranks are used.
std::int64_t used_ranks(std::int64_t rank, const LoraOptions& options) {
  if (!options.dyn) {
    return rank;
  }
  return *options.dyn < 0 ? rank + std::max(*options.dyn, -rank) : std::min(*options.dyn, rank);
}

}  // namespace

/// The two factors as matrices, cut to the ranks that are used.
LowRank LoraLayer::factors(const LoraOptions& options) const {
  const at::Tensor up = as_matrix(numbers("lora_up.weight"));
  const at::Tensor down = as_matrix(numbers("lora_down.weight"));
  const std::int64_t used = used_ranks(down.size(0), options);
  return {up.narrow(1, 0, used), down.narrow(0, 0, used)};
}

/// up @ down; for four of nine channels the others get nothing; with a middle the sum over n, m of
/// mid[n, m, k, l] up[i, n] down[m, j].
at::Tensor LoraLayer::low_rank_change(const at::Tensor& weight, const LoraOptions& options) const {
  if (has("lora_mid.weight")) {
    const LowRank all = factors({});
    return at::einsum("nmkl,in,mj->ijkl", {numbers("lora_mid.weight"), all.up, all.down});
  }
  const LowRank used = factors(options);
  const at::Tensor change = at::matmul(used.up, used.down);
  if (change.numel() == weight.numel()) {
    return change;
  }
  const at::Tensor latent =
      change.reshape({used.up.size(0), kLatentChannels, weight.size(2), weight.size(3)});
  return at::constant_pad_nd(latent, {0, 0, 0, 0, 0, kInpaintingChannels - kLatentChannels});
}

std::optional<LowRank> LoraLayer::low_rank(const LoraOptions& options) const {
  if (!is_low_rank()) {
    return std::nullopt;
  }
  const LowRank used = factors(options);
  return LowRank{used.up * scale(), used.down};
}

std::optional<LowRankSizes> LoraLayer::low_rank_sizes(const LoraOptions& options) const {
  if (!is_low_rank()) {
    return std::nullopt;
  }
  const auto shape = [&](const char* part) {
    return file_->tensors().shape(module_->parts.find(part)->second);
  };
  const std::vector<std::int64_t> up = shape("lora_up.weight"), down = shape("lora_down.weight");
  return LowRankSizes{up.at(0), used_ranks(down.at(0), options),
                      c10::multiply_integers(down) / down[0]};
}

/// a @ b, or with a core the sum over i, j of t[i, j, k, l] b[j, r] a[i, p] as [p, r, k, l].
at::Tensor LoraLayer::hadamard_factor(const std::string& number) const {
  const at::Tensor a = as_matrix(numbers("hada_w" + number + "_a"));
  const at::Tensor b = as_matrix(numbers("hada_w" + number + "_b"));
  if (!has("hada_t" + number)) {
    return at::matmul(a, b);
  }
  return at::einsum("ijkl,jr,ip->prkl", {numbers("hada_t" + number), b, a});
}

at::Tensor LoraLayer::hadamard_change() const {
  const at::Tensor first = hadamard_factor("1");
  return first * hadamard_factor("2").reshape(first.sizes());
}

/// Scales inputs or outputs of a matrix.
at::Tensor LoraLayer::scaling_change(const at::Tensor& weight) const {
  const at::Tensor factors = numbers("weight");
  return weight * (number("on_input") != 0 ? factors.reshape({1, -1}) : factors.reshape({-1, 1}));
}

/// Given as it is, as a product, or (the second) with a core.
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

at::Tensor LoraLayer::kronecker_change() const {
  at::Tensor first = kronecker_factor("1");
  const at::Tensor second = kronecker_factor("2");
  if (second.dim() == 4) {
    first = first.unsqueeze(2).unsqueeze(2);
  }
  return at::kron(first.contiguous(), second.contiguous());
}

/// b2 @ b1 + W @ a2 @ a1.
at::Tensor LoraLayer::general_change(const at::Tensor& weight) const {
  return at::matmul(numbers("b2.weight"), numbers("b1.weight")) +
         at::matmul(at::matmul(weight, numbers("a2.weight")), numbers("a1.weight"));
}

}  // namespace ptravel
