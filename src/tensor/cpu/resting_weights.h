#pragma once

#include <ATen/core/Tensor.h>

namespace ptravel::cpu {

/// Memory for weights that are laid out or widened for one call. One block stays from one call to
/// the next, as fresh memory of that size comes from the system page by page, which takes longer
/// than filling it. It is as large as the largest weights; calls at the same time take memory of
/// their own. May be used from several threads.
class SpareMemory {
 public:
  explicit SpareMemory(std::int64_t bytes);
  ~SpareMemory();
  SpareMemory(const SpareMemory&) = delete;
  SpareMemory& operator=(const SpareMemory&) = delete;

  /// At least that many bytes, uninitialised.
  at::Tensor& memory() { return memory_; }

 private:
  at::Tensor memory_;
};

/// Writes fp16 or bf16 numbers as float32 to the beginning of `to`, bytes that are enough for them.
void widen_into(const at::Tensor& narrow, at::Tensor& to);

}  // namespace ptravel::cpu
