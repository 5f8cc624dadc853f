#pragma once

// The one place that knows what differs between LibTorch 1.13 and 2.x.

#include <cstddef>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <torch/version.h>

#define PTRAVEL_TORCH_AT_LEAST_2 (TORCH_VERSION_MAJOR >= 2)

namespace ptravel::compat {

/// True when LibTorch brings a public fused attention (2.0 and later).
constexpr bool kHasFusedAttention = PTRAVEL_TORCH_AT_LEAST_2;

/// LibTorch's fused attention on [B, heads, tokens, head_dim]. Call only with kHasFusedAttention.
inline at::Tensor fused_attention(const at::Tensor& query,
                                  const at::Tensor& key,
                                  const at::Tensor& value,
                                  bool causal) {
#if PTRAVEL_TORCH_AT_LEAST_2
  return at::scaled_dot_product_attention(query, key, value, {}, 0.0, causal);
#else
  return {};
#endif
}

/// Lets LibTorch set the calling thread's number of threads, which it does on the first question in
/// that thread and would else do later, over a number of ours. LibTorch 2.x remembers it twice: in
/// its library, and in what its header compiles into this program.
inline void settle_thread_number() {
  at::get_num_threads();
  at::internal::lazy_init_num_threads();
}

/// What an allocator of ours derives from. LibTorch 1.13 to 2.2 ask a const object for memory,
/// later ones do not, and 2.2 and later want to know how to copy: whichever of these a version
/// declares is overridden, so none says `override`.
class Allocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) { return take(bytes); }
  c10::DataPtr allocate(std::size_t bytes) const { return take(bytes); }
  void copy_data(void* target, const void* source, std::size_t bytes) const {
    std::memcpy(target, source, bytes);
  }

 protected:
  /// Memory for `bytes`, with what gives it back. Any thread may ask.
  virtual c10::DataPtr take(std::size_t bytes) const = 0;
};

}  // namespace ptravel::compat
