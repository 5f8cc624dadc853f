#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "look.h"

namespace ptravel::train {

/// The share of degraded pictures in the training set.
inline constexpr double kDegradedShare = 0.2;

/// The drawing with this number in the endless set that belongs to a seed. Drawings of different
/// seeds have nothing in common, so held-back pictures are those of another seed.
Drawing drawing_at(std::uint64_t seed,
                   std::uint64_t number,
                   double degraded_share = kDegradedShare);
std::vector<Drawing> drawings_at(std::uint64_t seed, std::uint64_t first, std::int64_t count);

/// Pictures as the autoencoder takes them: [N, 3, size, size] in -1..1.
at::Tensor draw_scaled(std::span<const Drawing> drawings, int size, at::Device device);

/// Peak signal-to-noise ratio in dB of 8-bit pictures; both [N, 3, H, W] in -1..1. The mean over
/// the pictures of each one's ratio.
double psnr_8bit(const at::Tensor& pictures, const at::Tensor& others);

}  // namespace ptravel::train
