#pragma once

// Layers of a UNet of Stable Diffusion 1.x on a card, with random numbers, for cuda_kernels.

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/operators.h"

namespace ptravel::bench {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
inline at::TensorOptions on_card(at::ScalarType type) {
  return at::TensorOptions(type).device(at::kCUDA);
}

inline at::Tensor random(at::IntArrayRef sizes, at::ScalarType type, double scale = 1) {
  const at::Tensor x = (at::randn(sizes, on_card(at::kFloat)) * scale).to(type);
  return sizes.size() == 4 ? x.contiguous(kChannelsLast) : x;
}

struct ConvShape {
  std::int64_t side;
  std::vector<std::int64_t> in;
  std::int64_t out;
  std::int64_t kernel = 3, stride = 1, after = 1, before = 1;
  bool doubled = false;
};

struct Conv {
  Conv(const ConvShape& s, std::int64_t images, at::ScalarType type) : shape(s) {
    std::int64_t channels = 0;
    for (const std::int64_t part : s.in) {
      parts.push_back(random({images, part, s.side, s.side}, type));
      channels += part;
    }
    const double scale = 1 / std::sqrt(static_cast<double>(channels * s.kernel * s.kernel));
    layer = {random({s.out, channels, s.kernel, s.kernel}, type, scale),
             random({s.out}, at::kFloat),
             s.kernel,
             s.stride,
             s.before,
             s.after};
  }
  at::Tensor joined() const { return parts.size() == 1 ? parts[0] : at::cat(parts, 1); }
  at::Tensor ours(const cuda::Finish& finish = {}) const {
    return cuda::convolve(parts, layer, finish, shape.doubled);
  }
  at::Tensor torch(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const {
    at::Tensor seen =
        shape.doubled ? at::upsample_nearest2d(x, {2 * shape.side, 2 * shape.side}) : x;
    seen = shape.before == shape.after
               ? seen
               : at::constant_pad_nd(seen, {shape.before, shape.after, shape.before, shape.after});
    return at::conv2d(seen, weight, bias, shape.stride,
                      shape.before == shape.after ? shape.before : 0);
  }
  at::Tensor reference() const {
    return torch(joined().to(at::kFloat), layer.weight.to(at::kFloat), layer.bias);
  }
  double flops(std::int64_t images) const {
    const std::int64_t side = shape.doubled ? 2 * shape.side : shape.side / shape.stride;
    return 2.0 * static_cast<double>(images * side * side) *
           static_cast<double>(layer.weight.numel());
  }
  std::string name() const {
    std::string text = "conv " + std::to_string(shape.side) + "^2 ";
    for (const std::int64_t part : shape.in) {
      text += std::to_string(part) + " ";
    }
    return text + "-> " + std::to_string(shape.out) + " k" + std::to_string(shape.kernel) + "/" +
           std::to_string(shape.stride) + (shape.doubled ? " doubled" : "");
  }

  ConvShape shape;
  std::vector<at::Tensor> parts;
  cuda::Layer layer;
};

/// Runs `body` with each kernel that attention has for such heads.
inline void for_attention_kernels(std::int64_t head, const std::function<void(int)>& body) {
  for (int kernel = 1; kernel <= cuda::attention_kernels(static_cast<int>(head)); ++kernel) {
    cuda::set_attention_kernel(kernel);
    body(kernel);
  }
  cuda::set_attention_kernel(0);
}

/// Each kernel against fp32 on the same card, and the same bits whatever else is computed with it.
/// False where something is wrong, which is printed.
bool check_kernels();

}  // namespace ptravel::bench
