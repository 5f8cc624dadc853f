#include "tensor/rng.h"

#include <limits>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/box_muller.h"
#include "tensor/philox.h"

namespace ptravel {
namespace {

at::Tensor make_output(at::IntArrayRef shape, at::ScalarType dtype, const char* operation) {
  if (dtype != at::kFloat && dtype != at::kDouble) {
    throw Error(ErrorCode::InvalidArgument, std::string("[") + operation +
                                                "] dtype: expected float or double, got " +
                                                at::toString(dtype));
  }
  return at::empty(shape, at::TensorOptions().dtype(dtype));
}

}  // namespace

Rng::Rng(RngSource source, std::uint64_t seed)
    : source_(source), seed_(seed), twister_(static_cast<std::uint32_t>(seed)) {}

std::uint64_t Rng::word64() {
  const std::uint64_t high = twister_();
  return (high << 32) | twister_();
}

double Rng::uniform_float() { return static_cast<double>(twister_() & 0xFFFFFFu) * 0x1p-24; }

double Rng::uniform_double() {
  return static_cast<double>(word64() & ((std::uint64_t{1} << 53) - 1)) * 0x1p-53;
}

// PyTorch's path for fewer than 16 numbers: pairs in double precision, the second one kept.
double Rng::small_normal() {
  if (spare_normal_.has_value()) {
    const double value = *spare_normal_;
    spare_normal_.reset();
    return value;
  }
  const double angle = uniform_double();
  const double radius = uniform_double();
  const NormalPair pair = normal_pair(radius, angle);
  spare_normal_ = pair.sine;
  return pair.cosine;
}

template <typename Number>
void Rng::fill_normal(Number* out, std::size_t count) {
  if (count < 16) {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = static_cast<Number>(small_normal());
    }
    return;
  }
  const auto uniform = [this] {
    return std::is_same_v<Number, float> ? uniform_float() : uniform_double();
  };
  std::vector<double> uniforms(count);
  for (double& value : uniforms) {
    value = uniform();
  }
  normals_from_uniforms(uniforms.data(), count / 16 * 16, out);
  if (count % 16 != 0) {
    // The last 16 numbers, some of which are there already, are drawn again.
    double tail[16];
    for (double& value : tail) {
      value = uniform();
    }
    normals_from_uniforms(tail, 16, out + count - 16);
  }
}

at::Tensor Rng::randn(at::IntArrayRef shape, at::ScalarType dtype) {
  at::Tensor result = make_output(shape, dtype, "randn");
  const auto count = static_cast<std::size_t>(result.numel());
  if (source_ == RngSource::Nv) {
    at::Tensor words = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    philox_normals(seed_, philox_offset_++, count, words.data_ptr<float>());
    return words.to(dtype);
  }
  if (dtype == at::kFloat) {
    fill_normal(result.data_ptr<float>(), count);
  } else {
    fill_normal(result.data_ptr<double>(), count);
  }
  return result;
}

at::Tensor Rng::rand(at::IntArrayRef shape, at::ScalarType dtype) {
  at::Tensor result = make_output(shape, dtype, "rand");
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    if (dtype == at::kFloat) {
      result.data_ptr<float>()[i] = static_cast<float>(uniform_float());
    } else {
      result.data_ptr<double>()[i] = uniform_double();
    }
  }
  return result;
}

at::Tensor Rng::randint(std::int64_t low, std::int64_t high, at::IntArrayRef shape) {
  if (low >= high) {
    throw Error(ErrorCode::InvalidArgument, "[randint] high: expected more than " +
                                                std::to_string(low) + ", got " +
                                                std::to_string(high));
  }
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  at::Tensor result = at::empty(shape, at::TensorOptions().dtype(at::kLong));
  std::int64_t* out = result.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    const std::uint64_t word = range >= (std::uint64_t{1} << 32) ? word64() : twister_();
    out[i] = static_cast<std::int64_t>(word % range + static_cast<std::uint64_t>(low));
  }
  return result;
}

at::Tensor Rng::randperm(std::int64_t count) {
  constexpr std::int64_t kLimit = std::numeric_limits<std::uint32_t>::max() / 20;
  if (count < 0 || count >= kLimit) {
    throw Error(ErrorCode::InvalidArgument, "[randperm] count: expected 0 to " +
                                                std::to_string(kLimit - 1) + ", got " +
                                                std::to_string(count));
  }
  at::Tensor result = at::empty({count}, at::TensorOptions().dtype(at::kLong));
  std::int64_t* out = result.data_ptr<std::int64_t>();
  std::iota(out, out + count, std::int64_t{0});
  for (std::int64_t i = 0; i + 1 < count; ++i) {
    const std::int64_t partner = i + twister_() % static_cast<std::uint64_t>(count - i);
    std::swap(out[i], out[partner]);
  }
  return result;
}

}  // namespace ptravel
