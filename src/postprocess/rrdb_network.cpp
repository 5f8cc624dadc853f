// ESRGAN (Wang et al. 2018), Real-ESRGAN (Wang et al. 2021) and ESRGAN+ (Rakotonirina and
// Rasoanaivo 2020), without its noise, which is for training.
#include "postprocess/rrdb_network.h"

#include <ATen/ATen.h>

#include "tensor/layout.h"
#include "tensor/leaky_relu.h"

namespace ptravel {
namespace {

constexpr double kSlope = 0.2;
constexpr double kResidualFactor = 0.2;
constexpr std::int64_t kDenseBlocks = 3;
constexpr std::int64_t kDenseConvolutions = 5;
constexpr cpu::ConvGeometry kSame = {.stride = 1, .pad_before = 1, .pad_after = 1};

/// A 3x3 convolution whose result is multiplied: by its weights, so that nothing passes over the
/// picture for it.
Conv2d scaled(const Weights& weights,
              std::int64_t in,
              std::int64_t out,
              double factor,
              const Compute& compute) {
  const Compute full = full_precision(compute);
  Conv2d result;
  result.map = Convolution(
      (weights.load("weight", {out, in, 3, 3}, full) * factor).to(compute.dtype),
      (weights.load("bias", {out}, full) * factor).to(vector_precision(compute).dtype), kSame);
  return result;
}

}  // namespace

DenseBlock::DenseBlock(const Weights& weights,
                       const RrdbNames& names,
                       const RrdbConfig& config,
                       const Compute& compute)
    : has_cross_(config.cross) {
  for (std::int64_t number = 1; number <= kDenseConvolutions; ++number) {
    const Weights layer = weights.at(names.convolution(number));
    const std::int64_t in = config.width + (number - 1) * config.growth;
    convolutions_.push_back(number < kDenseConvolutions
                                ? Conv2d::same(layer, in, config.growth, compute)
                                : scaled(layer, in, config.width, kResidualFactor, compute));
  }
  if (has_cross_) {
    cross_ = Convolution(
        weights.at("conv1x1").load("weight", {config.growth, config.width, 1, 1}, compute),
        at::zeros({config.growth}, at::TensorOptions(compute.device).dtype(at::kFloat)), {});
  }
}

at::Tensor DenseBlock::operator()(const at::Tensor& x) const {
  std::vector<at::Tensor> parts = {x};
  at::Tensor all = x;
  for (std::size_t i = 0; i + 1 < convolutions_.size(); ++i) {
    at::Tensor next = leaky_relu(convolutions_[i](all), kSlope);
    if (has_cross_ && i == 1) {
      next = next.add_(cross_(x));
    } else if (has_cross_ && i == 3) {
      next = next.add_(parts[2]);
    }
    parts.push_back(std::move(next));
    all = join_channels(parts);
  }
  return convolutions_.back().map(all, {.image_bias = {}, .residual = x});
}

RrdbNetwork::RrdbNetwork(const Weights& weights, const RrdbConfig& config, const Compute& compute)
    : config_(config) {
  const RrdbNames names{config.layout, config.blocks, config.ups};
  const std::int64_t in = 3 * config.unshuffle * config.unshuffle;
  first_ = Conv2d::same(weights.at(names.first()), in, config.width, compute);
  for (std::int64_t block = 0; block < config.blocks; ++block) {
    Block dense;
    for (std::int64_t number = 1; number <= kDenseBlocks; ++number) {
      dense.emplace_back(weights.at(names.dense(block, number)), names, config, compute);
    }
    blocks_.push_back(std::move(dense));
  }
  const auto same = [&](const std::string& name, std::int64_t out) {
    return Conv2d::same(weights.at(name), config.width, out, compute);
  };
  trunk_ = same(names.trunk(), config.width);
  for (std::int64_t up = 1; up <= config.ups; ++up) {
    ups_.push_back(same(names.up(up), config.width));
  }
  high_resolution_ = same(names.high_resolution(), config.width);
  last_ = same(names.last(), 3);
}

at::Tensor RrdbNetwork::operator()(const at::Tensor& picture) const {
  const at::Tensor start = first_(to_channels_last(
      config_.unshuffle == 1 ? picture : at::pixel_unshuffle(picture, config_.unshuffle)));
  at::Tensor x = start;
  for (const Block& block : blocks_) {
    at::Tensor inner = x;
    for (const DenseBlock& dense : block) {
      inner = dense(inner);
    }
    // Two steps, each with one rounding: a fused one would round by where a thread's share ends.
    x = inner.mul_(kResidualFactor).add_(x);
  }
  x = trunk_.map(x, {.image_bias = {}, .residual = start});
  for (const Conv2d& up : ups_) {
    x = leaky_relu(up.resized(x, x.size(2) * config_.up_factor, x.size(3) * config_.up_factor),
                   kSlope);
  }
  x = leaky_relu(high_resolution_(x), kSlope);
  return last_.map(x, {.image_bias = {}, .residual = {}, .format = ResultFormat::Float32});
}

}  // namespace ptravel
