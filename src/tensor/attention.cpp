#include "tensor/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/path.h"
#include "tensor/torch_compat.h"

namespace ptravel {
namespace {

/// The LibTorch path computes at most this many scores at a time: 256 MiB in fp32.
constexpr std::int64_t kScoresAtOnce = std::int64_t{1} << 26;

std::int64_t blocks_of(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

/// Contiguous within a token, which is all that the kernels ask for.
at::Tensor with_dense_tokens(const at::Tensor& x) { return x.stride(2) == 1 ? x : x.contiguous(); }

cpu::AttentionShape shape_of(const at::Tensor& queries,
                             const at::Tensor& keys,
                             const at::Tensor& values,
                             std::int64_t heads,
                             AttentionMask mask) {
  cpu::AttentionShape shape;
  shape.heads = heads;
  shape.head_dim = queries.size(2) / heads;
  shape.query_rows = queries.size(1);
  shape.key_rows = keys.size(1);
  shape.query_stride = queries.stride(1);
  shape.key_stride = keys.stride(1);
  shape.value_stride = values.stride(1);
  shape.out_stride = queries.size(2);
  shape.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.head_dim)));
  shape.causal = mask == AttentionMask::Causal;
  return shape;
}

/// One image: the keys and values of every head are laid out first, then blocks of queries run.
void attend_image(cpu::Element element,
                  const cpu::AttentionShape& shape,
                  const at::Tensor& queries,
                  const at::Tensor& keys,
                  const at::Tensor& values,
                  at::Tensor& packed,
                  const at::Tensor& out) {
  const cpu::Kernels& kernels = cpu::kernels();
  const std::int64_t head_floats = kernels.attention_packed_size(element, shape);
  float* base = packed.data_ptr<float>();
  const std::int64_t key_blocks = blocks_of(shape.key_rows, cpu::kKeyBlock);
  cpu::parallel_ranges(shape.heads * key_blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t head = task / key_blocks;
      kernels.pack_keys_values(element, shape, keys.data_ptr(), values.data_ptr(), head,
                               task % key_blocks * cpu::kKeyBlock, base + head * head_floats);
    }
  });
  const std::int64_t query_blocks = blocks_of(shape.query_rows, cpu::kQueryBlock);
  cpu::parallel_ranges(shape.heads * query_blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(
        static_cast<std::size_t>(kernels.attention_scratch_size(element, shape)));
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t head = task / query_blocks;
      kernels.attention_rows(element, shape, queries.data_ptr(), base + head * head_floats, head,
                             task % query_blocks * cpu::kQueryBlock, scratch.data(),
                             out.data_ptr());
    }
  });
}

at::Tensor attention_on_cpu(const at::Tensor& q,
                            const at::Tensor& k,
                            const at::Tensor& v,
                            std::int64_t heads,
                            AttentionMask mask) {
  const at::Tensor queries = with_dense_tokens(q);
  const at::Tensor keys = with_dense_tokens(k);
  const at::Tensor values = with_dense_tokens(v);
  const auto element = element_of(queries);
  const cpu::AttentionShape shape = shape_of(queries, keys, values, heads, mask);
  at::Tensor out = at::empty(queries.sizes(), queries.options());
  at::Tensor packed =
      at::empty({heads * cpu::kernels().attention_packed_size(element, shape)}, at::kFloat);
  for (std::int64_t image = 0; image < queries.size(0); ++image) {
    attend_image(element, shape, queries[image], keys[image], values[image], packed, out[image]);
  }
  return out;
}

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

}  // namespace

at::Tensor attention(const at::Tensor& queries,
                     const at::Tensor& keys,
                     const at::Tensor& values,
                     std::int64_t heads,
                     AttentionMask mask) {
  PTRAVEL_CHECK(queries.dim() == 3 && keys.sizes() == values.sizes() && heads > 0 &&
                queries.size(2) % heads == 0 && keys.size(2) == queries.size(2) &&
                keys.size(0) == queries.size(0) && keys.size(1) > 0);
  return use_cpu_kernels({&queries, &keys, &values})
             ? attention_on_cpu(queries, keys, values, heads, mask)
             : attention_by_torch(queries, keys, values, heads, mask);
}

}  // namespace ptravel
