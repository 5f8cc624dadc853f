// The compact network of Real-ESRGAN (xinntao/Real-ESRGAN, 2022), "SRVGGNetCompact".
#include "postprocess/compact_network.h"

#include <ATen/ATen.h>

#include "tensor/layout.h"
#include "tensor/leaky_relu.h"

namespace ptravel {

CompactNetwork::CompactNetwork(const Weights& weights,
                               const CompactConfig& config,
                               const Compute& compute)
    : config_(config) {
  const auto layer = [&](std::int64_t number) {
    return weights.at("body." + std::to_string(number));
  };
  for (std::int64_t i = 0; i <= config.convolutions; ++i) {
    convolutions_.push_back(
        Conv2d::same(layer(2 * i), i == 0 ? 3 : config.width, config.width, compute));
    slopes_.push_back(layer(2 * i + 1).load("weight", {config.width}, vector_precision(compute)));
  }
  convolutions_.push_back(Conv2d::same(layer(2 * config.convolutions + 2), config.width,
                                       3 * config.scale * config.scale, compute));
}

at::Tensor CompactNetwork::operator()(const at::Tensor& picture) const {
  at::Tensor x = to_channels_last(picture);
  for (std::size_t i = 0; i < slopes_.size(); ++i) {
    x = leaky_relu(convolutions_[i](x), slopes_[i]);
  }
  x = convolutions_.back().map(x,
                               {.image_bias = {}, .residual = {}, .format = ResultFormat::Float32});
  const at::Tensor enlarged = resize_nearest(
      picture.to(at::kFloat), picture.size(2) * config_.scale, picture.size(3) * config_.scale);
  return at::pixel_shuffle(x, config_.scale) + enlarged;
}

}  // namespace ptravel
