#pragma once

#include <ATen/core/Tensor.h>

namespace ptravel {

/// Where a sampler gets its noise from: for a batch of N pictures, N independent streams stacked.
/// Both calls give a tensor shaped, typed and placed like `like` ([N, C, h, w]).
class NoiseSource {
 public:
  virtual ~NoiseSource() = default;

  /// The next standard normal tensor of every picture's stream.
  virtual at::Tensor next(const at::Tensor& like) = 0;

  /// The normalised increment of every picture's Brownian path from `sigma` to `sigma_next`:
  /// standard normal, and the same however often and in whatever order it is asked for.
  virtual at::Tensor brownian(double sigma, double sigma_next, const at::Tensor& like) = 0;
};

}  // namespace ptravel
