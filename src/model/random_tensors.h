#pragma once

#include "model/weights.h"

namespace ptravel {

/// Makes random weights of whatever shape a network asks for: for tests, benchmarks and new models.
/// Every tensor depends on (seed, name, shape) alone. Matrices and filters are uniform with
/// variance gain^2 / inputs, the weights of norms are 1 and biases 0, so that activations keep
/// their size.
class RandomTensors : public TensorSource {
 public:
  explicit RandomTensors(std::uint64_t seed, double gain = 1.0) : seed_(seed), gain_(gain) {}

  std::vector<std::string> names() const override { return {}; }
  bool contains(std::string_view) const override { return false; }
  /// Throws NotFound: shapes are made up on demand. Likewise dtype() and tensor().
  std::vector<std::int64_t> shape(std::string_view name) const override;
  at::ScalarType dtype(std::string_view name) const override;
  at::Tensor tensor(std::string_view name) const override;
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override;

 private:
  std::uint64_t seed_;
  double gain_;
};

}  // namespace ptravel
