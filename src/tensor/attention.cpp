#include "tensor/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <torch/csrc/autograd/custom_function.h>

#include "ptravel/error.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/path.h"
#include "tensor/torch_compat.h"

namespace ptravel {
namespace {

/// The LibTorch path computes at most this many scores at a time: 256 MiB in fp32.
constexpr std::int64_t kScoresAtOnce = std::int64_t{1} << 26;

/// Images with fewer scores in a head than this go through matrix products together in training.
constexpr std::int64_t kFewScores = std::int64_t{1} << 18;

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

/// [N, tokens, heads * d] as [N * heads, tokens, d] and back.
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
  return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2).flatten(0, 1).contiguous();
}

at::Tensor join_heads(const at::Tensor& x, std::int64_t heads) {
  return x.unflatten(0, {x.size(0) / heads, heads}).transpose(1, 2).flatten(2, 3);
}

/// Calls body(matrix) for every matrix of a batch, on all threads.
template <typename Body>
void for_matrices(const at::Tensor& x, Body&& body) {
  cpu::parallel_ranges(x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t matrix = begin; matrix < end; ++matrix) {
      body(static_cast<char*>(x.data_ptr()) + matrix * x.stride(0) * x.element_size());
    }
  });
}

/// softmax(q k^T / sqrt(d)); q and k are [heads, tokens, d], contiguous.
at::Tensor probabilities(const at::Tensor& q, const at::Tensor& k, AttentionMask mask) {
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(q.size(2))));
  const at::Tensor p = at::bmm(q, k.transpose(1, 2));
  for_matrices(p, [&](char* matrix) {
    cpu::kernels().softmax(element_of(q), matrix, matrix, q.size(1), k.size(1), scale,
                           mask == AttentionMask::Causal);
  });
  return p;
}

/// Attention by matrix products over all images together: faster than image by image where these
/// are many and small, as in training.
at::Tensor attention_by_matrices(const at::Tensor& q,
                                 const at::Tensor& k,
                                 const at::Tensor& v,
                                 std::int64_t heads,
                                 AttentionMask mask) {
  const at::Tensor p = probabilities(split_heads(q, heads), split_heads(k, heads), mask);
  return join_heads(at::bmm(p, split_heads(v, heads)), heads).contiguous();
}

/// The gradients with respect to queries, keys and values; all [heads, tokens, d], contiguous. The
/// probabilities are computed again, as keeping them would take more memory than all the rest.
std::array<at::Tensor, 3> attention_gradients(const at::Tensor& q,
                                              const at::Tensor& k,
                                              const at::Tensor& v,
                                              const at::Tensor& grad,
                                              AttentionMask mask) {
  const auto element = element_of(q);
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(q.size(2))));
  const std::int64_t rows = q.size(1);
  const std::int64_t width = k.size(1);
  const at::Tensor p = probabilities(q, k, mask);
  const at::Tensor grad_v = at::bmm(p.transpose(1, 2), grad);
  const at::Tensor grad_scores = at::bmm(grad, v.transpose(1, 2));
  const auto* results = static_cast<const char*>(p.data_ptr());
  const auto* base = static_cast<const char*>(grad_scores.data_ptr());
  for_matrices(grad_scores, [&](char* matrix) {
    cpu::kernels().softmax_gradient(element, results + (matrix - base), matrix, matrix, rows, width,
                                    scale);
  });
  return {at::bmm(grad_scores, k), at::bmm(grad_scores.transpose(1, 2), q), grad_v};
}

/// Attention that is differentiated on a CPU.
struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& q,
                            const at::Tensor& k,
                            const at::Tensor& v,
                            std::int64_t heads,
                            bool causal) {
    context->save_for_backward({q, k, v});
    context->saved_data["heads"] = heads;
    context->saved_data["causal"] = causal;
    const auto mask = causal ? AttentionMask::Causal : AttentionMask::None;
    const bool many_small = q.size(0) > 1 && q.size(1) * k.size(1) <= kFewScores &&
                            q.size(0) * heads * q.size(1) * k.size(1) <= kScoresAtOnce;
    return many_small ? attention_by_matrices(q, k, v, heads, mask)
                      : attention_on_cpu(q, k, v, heads, mask);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const std::int64_t heads = context->saved_data["heads"].toInt();
    const auto mask =
        context->saved_data["causal"].toBool() ? AttentionMask::Causal : AttentionMask::None;
    const at::Tensor q = split_heads(saved[0], heads);
    const at::Tensor k = split_heads(saved[1], heads);
    const at::Tensor v = split_heads(saved[2], heads);
    const at::Tensor grad = split_heads(grads[0].to(q.scalar_type()), heads);
    const std::int64_t together =
        std::clamp<std::int64_t>(kScoresAtOnce / (q.size(1) * k.size(1)), 1, q.size(0));
    std::array<std::vector<at::Tensor>, 3> parts;
    for (std::int64_t first = 0; first < q.size(0); first += together) {
      const std::int64_t count = std::min(together, q.size(0) - first);
      const auto part = [&](const at::Tensor& x) { return x.narrow(0, first, count); };
      const auto gradients = attention_gradients(part(q), part(k), part(v), part(grad), mask);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].push_back(gradients[i]);
      }
    }
    torch::autograd::variable_list result;
    for (const auto& part : parts) {
      result.push_back(join_heads(part.size() == 1 ? part[0] : at::cat(part), heads));
    }
    result.resize(5);
    return result;
  }
};

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
  if (use_cpu_kernels({&queries, &keys, &values})) {
    return attention_on_cpu(queries, keys, values, heads, mask);
  }
  const bool alike =
      keys.scalar_type() == queries.scalar_type() && values.scalar_type() == queries.scalar_type();
  if (fits_cpu_kernels(queries) && alike) {
    return AttentionFunction::apply(queries, keys, values, heads, mask == AttentionMask::Causal);
  }
  return attention_by_torch(queries, keys, values, heads, mask);
}

}  // namespace ptravel
