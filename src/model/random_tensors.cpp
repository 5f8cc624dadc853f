#include "model/random_tensors.h"

#include <cmath>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// One step of the SplitMix64 generator (Steele, Lea and Flood 2014).
std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t seed_for(std::uint64_t seed, std::string_view name) {
  for (const char letter : name) {
    seed = (seed ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
  }
  return split_mix(seed);
}

[[noreturn]] void refuse(std::string_view name) {
  throw Error(ErrorCode::NotFound,
              "[random weights] " + std::string(name) + ": is made on demand only");
}

}  // namespace

std::vector<std::int64_t> RandomTensors::shape(std::string_view name) const { refuse(name); }
at::ScalarType RandomTensors::dtype(std::string_view name) const { refuse(name); }
at::Tensor RandomTensors::tensor(std::string_view name) const { refuse(name); }

std::optional<at::Tensor> RandomTensors::make(std::string_view name,
                                              at::IntArrayRef shape,
                                              const Compute& compute) const {
  const auto options = at::TensorOptions().device(compute.device).dtype(compute.dtype);
  if (shape.size() < 2) {
    return name.ends_with("weight") ? at::ones(shape, options) : at::zeros(shape, options);
  }
  at::Tensor tensor = at::empty(shape, at::kFloat);
  const std::int64_t inputs = tensor.numel() / tensor.size(0);
  // Uniform on [-bound, bound] has variance bound^2 / 3.
  const double bound = gain_ * std::sqrt(3.0 / static_cast<double>(inputs));
  const auto scale = static_cast<float>(bound / 2147483648.0);
  std::uint64_t state = seed_for(seed_, name);
  auto* data = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    data[i] = static_cast<float>(static_cast<std::int32_t>(split_mix(state) >> 32)) * scale;
  }
  return tensor.to(options);
}

}  // namespace ptravel
