#include "tensor/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/attention_cpu.h"
#include "tensor/cuda/operators.h"
#include "tensor/path.h"
#include "tensor/torch_compat.h"

namespace ptravel {
namespace {

/// The LibTorch path computes at most this many scores at a time: 256 MiB in fp32.
constexpr std::int64_t kScoresAtOnce = std::int64_t{1} << 26;

/// Attention of queries [first, first + q.size(2)) by LibTorch's operators; all [N, heads, tokens,
/// head_dim].
at::Tensor attend_rows(const at::Tensor& q,
                       const at::Tensor& k,
                       const at::Tensor& v,
                       std::int64_t first,
                       AttentionMask mask) {
  at::Tensor scores =
      at::matmul(q * (1.0 / std::sqrt(static_cast<double>(q.size(3)))), k.transpose(2, 3));
  if (mask == AttentionMask::Causal) {
    const at::Tensor hidden =
        at::ones({q.size(2), k.size(2)}, q.options().dtype(at::kBool)).triu(first + 1);
    scores = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());
  }
  return at::matmul(at::softmax(scores, -1, at::kFloat).to(v.scalar_type()), v);
}

at::Tensor attention_by_torch(const at::Tensor& queries,
                              const at::Tensor& keys,
                              const at::Tensor& values,
                              std::int64_t heads,
                              AttentionMask mask) {
  const auto split = [&](const at::Tensor& x) {
    return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
  };
  const at::Tensor q = split(queries);
  const at::Tensor k = split(keys);
  const at::Tensor v = split(values);
  const auto join = [](const at::Tensor& x) { return x.transpose(1, 2).flatten(2, 3); };
  if (compat::kHasFusedAttention) {
    return join(compat::fused_attention(q, k, v, mask == AttentionMask::Causal));
  }
  const std::int64_t rows =
      std::max<std::int64_t>(1, kScoresAtOnce / (q.size(0) * heads * k.size(2)));
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < q.size(2); first += rows) {
    const std::int64_t count = std::min(rows, q.size(2) - first);
    parts.push_back(attend_rows(q.narrow(2, first, count), k, v, first, mask));
  }
  return join(parts.size() == 1 ? parts[0] : at::cat(parts, 2));
}

/// By the kernels for NVIDIA cards; undefined where none fits. keys and values of each image: [Tk,
/// heads * head_dim].
at::Tensor attention_on_card(const at::Tensor& queries,
                             const std::vector<at::Tensor>& keys,
                             const std::vector<at::Tensor>& values,
                             std::int64_t heads,
                             AttentionMask mask) {
  const bool fits = std::all_of(keys.begin(), keys.end(), [&](const at::Tensor& image) {
    return use_cuda_kernels({&queries, &image});
  });
  if (!fits || any_wants_gradient({&values.front()})) {
    return {};
  }
  return cuda::attention(queries, keys, values, heads, mask == AttentionMask::Causal);
}

}  // namespace

at::Tensor attention(const at::Tensor& queries,
                     const at::Tensor& keys,
                     const at::Tensor& values,
                     std::int64_t heads,
                     AttentionMask mask) {
  PTRAVEL_CHECK(queries.dim() == 3 && keys.sizes() == values.sizes() && heads > 0 &&
                queries.size(2) % heads == 0 && keys.size(2) == queries.size(2) &&
                keys.size(0) == queries.size(0) && keys.size(1) > 0);
  const ProfileScope scope(
      "attention", 4.0 * static_cast<double>(queries.numel() * keys.size(1)),
      {queries.size(0), heads, queries.size(2) / heads, queries.size(1), keys.size(1)});
  if (!fit_cpu_kernels({&queries, &keys, &values})) {
    const at::Tensor made = attention_on_card(queries, keys.unbind(), values.unbind(), heads, mask);
    return made.defined() ? made : attention_by_torch(queries, keys, values, heads, mask);
  }
  return any_wants_gradient({&queries, &keys, &values})
             ? differentiable_attention(queries, keys, values, heads, mask)
             : attention_on_cpu(queries, keys, values, heads, mask);
}

KeysValues::KeysValues(const at::Tensor& keys, const at::Tensor& values, std::int64_t heads)
    : heads_(heads), rows_(keys.size(0)), width_(keys.size(1)), dtype_(keys.scalar_type()) {
  PTRAVEL_CHECK(keys.dim() == 2 && keys.sizes() == values.sizes() && rows_ > 0 && heads > 0 &&
                width_ % heads == 0);
  if (fit_cpu_kernels({&keys, &values})) {
    packed_ = pack_keys_values(keys, values, heads);
  } else {
    keys_ = keys.detach();
    values_ = values.detach();
  }
}

at::Tensor attention(const at::Tensor& queries, const std::vector<const KeysValues*>& images) {
  PTRAVEL_CHECK(queries.dim() == 3 && !images.empty() &&
                queries.size(0) == static_cast<std::int64_t>(images.size()));
  double products = 0;
  std::vector<at::Tensor> keys, values;
  for (const KeysValues* image : images) {
    PTRAVEL_CHECK(image->width() == queries.size(2) && image->dtype() == queries.scalar_type() &&
                  image->heads() == images.front()->heads());
    products += static_cast<double>(queries[0].numel() * image->rows());
    keys.push_back(image->keys());
    values.push_back(image->values());
  }
  const KeysValues& first = *images.front();
  const ProfileScope scope("attention", 4.0 * products,
                           {queries.size(0), first.heads(), queries.size(2) / first.heads(),
                            queries.size(1), first.rows()});
  if (first.packed().defined()) {
    return attention_on_cpu(queries, images);
  }
  const at::Tensor made =
      attention_on_card(queries, keys, values, first.heads(), AttentionMask::None);
  return made.defined() ? made
                        : attention_by_torch(queries, at::stack(keys), at::stack(values),
                                             first.heads(), AttentionMask::None);
}

}  // namespace ptravel
