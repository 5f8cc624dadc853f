#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// Which keys a query sees.
enum class AttentionMask {
  None,
  Causal,  ///< Query i sees keys 0 to i.
};

/// Scaled dot-product attention: softmax(q k^T / sqrt(head_dim)) v for every head.
/// queries [N, Tq, heads * head_dim], keys and values [N, Tk, heads * head_dim]; the result is like
/// the queries. Softmax and sums are fp32. The matrix of scores never exists as a whole: on a CPU
/// it is walked over in blocks that fit the cache, also in the gradient, elsewhere in blocks of
/// queries. Differentiable, on a CPU once (no second derivatives).
at::Tensor attention(const at::Tensor& queries,
                     const at::Tensor& keys,
                     const at::Tensor& values,
                     std::int64_t heads,
                     AttentionMask mask = AttentionMask::None);

/// The keys and values of one image, laid out for attention once instead of in every call: for a
/// text, which stays the same in all steps. Copies share memory.
class KeysValues {
 public:
  /// keys and values [Tk, heads * head_dim]. Records no gradients.
  KeysValues(const at::Tensor& keys, const at::Tensor& values, std::int64_t heads);

  std::int64_t heads() const { return heads_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t width() const { return width_; }
  at::ScalarType dtype() const { return dtype_; }
  /// By head as the CPU's kernels want them, float32 [heads, floats]; undefined elsewhere.
  const at::Tensor& packed() const { return packed_; }
  /// As they were given, where the CPU's kernels do not compute.
  const at::Tensor& keys() const { return keys_; }
  const at::Tensor& values() const { return values_; }

 private:
  std::int64_t heads_;
  std::int64_t rows_;
  std::int64_t width_;
  at::ScalarType dtype_;
  at::Tensor packed_;
  at::Tensor keys_, values_;
};

/// The same as `attention` with each image's own keys and values, bit for bit: queries
/// [N, Tq, heads * head_dim] and N of the others, with as many rows each unless they are on a CPU.
/// Records no gradients.
at::Tensor attention(const at::Tensor& queries, const std::vector<const KeysValues*>& images);

}  // namespace ptravel
