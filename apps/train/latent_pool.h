#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/vae.h"
#include "ptravel/progress.h"

#include "look.h"

namespace ptravel::train {

/// What one training step takes from the pool.
struct LatentBatch {
  at::Tensor latents;  ///< [N, C, h, w] float32, scaled.
  std::vector<Look> looks;
};

/// Latents of drawings, drawn and encoded once and used several times: on a CPU drawing and
/// encoding cost as much as a training step. New drawings replace the oldest ones. One thread.
class LatentPool {
 public:
  /// Drawings are those of `seed` from number `first` on.
  LatentPool(const Vae& vae,
             int picture_size,
             std::int64_t capacity,
             std::uint64_t seed,
             std::uint64_t first);

  std::int64_t size() const { return static_cast<std::int64_t>(looks_.size()); }
  /// Draws and encodes so many more.
  void add(std::int64_t count);
  /// As add, with progress.
  void fill(std::int64_t count, Progress& progress);
  /// Random ones.
  LatentBatch sample(Dice& dice, std::int64_t count) const;

 private:
  const Vae& vae_;
  int picture_size_;
  std::int64_t capacity_;
  std::uint64_t seed_;
  std::uint64_t next_;
  std::int64_t oldest_ = 0;
  at::Tensor latents_;  // [capacity, C, h, w] float16
  std::vector<Look> looks_;
};

}  // namespace ptravel::train
