#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include <ATen/core/Tensor.h>

#include "ptravel/rng_source.h"

namespace ptravel {

/// A seeded stream of random tensors with the numbers of PyTorch's CPU generator (RngSource::Cpu)
/// or of the web UI's "NV" generator. The same bits on every machine, for every thread count and
/// every version of LibTorch, whose own generator is never touched. A plain value: a copy goes on
/// independently from the same place. One thread at a time.
class Rng {
 public:
  /// Cpu uses the low 32 bits of `seed` alone, as PyTorch does; Nv uses all 64.
  Rng(RngSource source, std::uint64_t seed);

  /// Standard normal numbers, a contiguous CPU tensor; `dtype` is kFloat or kDouble. Nv draws
  /// float numbers in both cases.
  at::Tensor randn(at::IntArrayRef shape, at::ScalarType dtype = at::kFloat);

  // The web UI's Nv source has normal numbers only: what follows always comes from the seed's
  // Mersenne Twister.

  /// Uniform numbers in [0, 1), kFloat or kDouble.
  at::Tensor rand(at::IntArrayRef shape, at::ScalarType dtype = at::kFloat);
  /// Whole numbers in [low, high), kLong. `low` must be below `high`.
  at::Tensor randint(std::int64_t low, std::int64_t high, at::IntArrayRef shape);
  /// A permutation of 0 .. count - 1, kLong. `count` must be in [0, 2^32 / 20).
  at::Tensor randperm(std::int64_t count);

 private:
  std::uint64_t word64();
  double uniform_float();
  double uniform_double();
  template <typename Number>
  void fill_normal(Number* out, std::size_t count);
  double small_normal();

  RngSource source_;
  std::uint64_t seed_;
  std::mt19937 twister_;
  std::optional<double> spare_normal_;  // The sine value that the next small draw begins with.
  std::uint32_t philox_offset_ = 0;     // Number of the next Nv tensor.
};

}  // namespace ptravel
