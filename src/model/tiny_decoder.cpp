// TAESD (Bohan 2023): a stem, residual blocks at each of four sizes, nearest doubling between.

#include "model/tiny_decoder.h"

#include <cmath>
#include <sstream>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "model/tensor_sources.h"
#include "ptravel/error.h"
#include "tensor/layout.h"
#include "tensor/leaky_relu.h"

namespace ptravel {
namespace {

constexpr cpu::ConvGeometry kSame = {.stride = 1, .pad_before = 1, .pad_after = 1};
constexpr std::int64_t kBlockConvolutions = 3;
constexpr float kBound = 3;  // Latents are squashed softly to [-3, 3].

at::Tensor rectified(at::Tensor x) { return leaky_relu(std::move(x), 0.0); }

Conv2d without_bias(const Weights& weights, std::int64_t width, const Compute& compute) {
  Conv2d result;
  result.map = Convolution(
      weights.load("weight", {width, width, 3, 3}, compute),
      at::zeros({width}, at::TensorOptions(compute.device).dtype(vector_precision(compute).dtype)),
      kSame);
  return result;
}

/// One value after the other: how they fall into vectors and threads changes nothing.
at::Tensor squashed(const at::Tensor& latent) {
  at::Tensor values =
      latent.to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
  auto* const numbers = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    numbers[i] = std::tanh(numbers[i] / kBound) * kBound;
  }
  return values;
}

}  // namespace

at::Tensor TinyDecoder::Block::operator()(const at::Tensor& x, Wrap wrap) const {
  at::Tensor h = rectified(convolutions[0](x, wrap));
  h = rectified(convolutions[1](h, wrap));
  return rectified(convolutions[2].map(h, {.residual = x, .wrap = wrap}));
}

TinyDecoder::TinyDecoder(const Weights& weights,
                         const TinyDecoderConfig& config,
                         const Compute& compute)
    : config_(config),
      compute_(compute),
      conv_in_(Conv2d::same(weights.at("conv_in"), config.latent_channels, config.width, compute)) {
  for (std::size_t i = 0; i < config.blocks.size(); ++i) {
    const Weights part = weights.at("levels." + std::to_string(i));
    Level level;
    if (i > 0) {
      level.enlarge = without_bias(part.at("conv"), config.width, compute);
    }
    for (std::int64_t block = 0; block < config.blocks[i]; ++block) {
      const Weights layers = part.at("blocks." + std::to_string(block) + ".conv");
      Block made;
      for (std::int64_t number = 0; number < kBlockConvolutions; ++number) {
        made.convolutions.push_back(Conv2d::same(layers.at(std::to_string(2 * number)),
                                                 config.width, config.width, compute));
      }
      level.blocks.push_back(std::move(made));
    }
    levels_.push_back(std::move(level));
  }
  conv_out_ = Conv2d::same(weights.at("conv_out"), config.width, 3, compute);
}

TinyDecoder TinyDecoder::load(const std::filesystem::path& path, const Compute& compute) {
  const TinyDecoderFile file = open_tiny_decoder(path);
  const Weights weights(std::make_shared<FileTensors>(file.weights), "",
                        "tiny decoder " + path.string());
  TinyDecoder decoder(weights, file.config, compute);
  weights.finish();
  return decoder;
}

at::Tensor TinyDecoder::decode(const at::Tensor& latent, Wrap wrap) const {
  const auto profile = ProfileScope::part("tiny decoder");
  if (latent.dim() != 4 || latent.size(1) != config_.latent_channels || latent.numel() == 0) {
    std::ostringstream sizes;
    sizes << latent.sizes();
    throw Error(ErrorCode::InvalidArgument,
                "[tiny decoder] latent " + sizes.str() + ": expected [N, " +
                    std::to_string(config_.latent_channels) + ", h, w]");
  }
  at::Tensor x = rectified(
      conv_in_(to_channels_last(squashed(latent).to(compute_.device, compute_.dtype)), wrap));
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    if (i > 0) {
      x = levels_[i].enlarge.resized(x, 2 * x.size(2), 2 * x.size(3), wrap);
    }
    for (const Block& block : levels_[i].blocks) {
      x = block(x, wrap);
    }
  }
  x = conv_out_.map(x, {.format = ResultFormat::Float32, .wrap = wrap});
  return (x * 2 - 1).contiguous();
}

}  // namespace ptravel
