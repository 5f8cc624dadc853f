// RIFE (Huang et al. 2022) in the versions of Practical-RIFE from 4.0 on: blocks from coarse to
// fine estimate the motion from the picture that is looked for to both that are there.
#include "postprocess/rife.h"

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/layout.h"
#include "tensor/leaky_relu.h"
#include "tensor/resample.h"

namespace ptravel {
namespace {

constexpr double kSlope = 0.2;
constexpr std::int64_t kConvolutions = 8;
constexpr std::int64_t kFlow = 4;
constexpr cpu::ConvGeometry kSame = {.stride = 1, .pad_before = 1, .pad_after = 1};
constexpr cpu::ConvGeometry kHalf = {.stride = 2, .pad_before = 1, .pad_after = 1};

/// A convolution with its activation.
struct Layer {
  Conv2d conv;
  at::Tensor slopes;  // of a PReLU, else undefined

  at::Tensor operator()(const at::Tensor& x) const { return activated(conv(x)); }
  at::Tensor activated(at::Tensor x) const {
    return slopes.defined() ? leaky_relu(std::move(x), slopes) : leaky_relu(std::move(x), kSlope);
  }
};

Layer activated_layer(const Weights& weights,
                      std::int64_t in,
                      std::int64_t out,
                      const cpu::ConvGeometry& geometry,
                      RifeBody body,
                      const Compute& compute) {
  Layer layer{Conv2d(weights.at("0"), in, out, 3, compute, geometry), {}};
  if (body == RifeBody::Prelu) {
    layer.slopes = weights.at("1").load("weight", {out}, vector_precision(compute));
  }
  return layer;
}

/// A convolution whose result, times a factor for each channel, is added to what it got. The factor
/// is in the weights.
Layer residual_layer(const Weights& weights, std::int64_t width, const Compute& compute) {
  const at::Tensor beta = weights.load("beta", {1, width, 1, 1}, compute).reshape({width});
  const Weights inner = weights.at("conv");
  const at::Tensor filters = inner.load("weight", {width, width, 3, 3}, compute);
  const at::Tensor bias = inner.load("bias", {width}, compute);
  Layer layer;
  layer.conv.map = Convolution(filters * beta.reshape({width, 1, 1, 1}), bias * beta, kSame);
  return layer;
}

/// Flow and mask of a picture for both others, with the others exchanged.
at::Tensor swapped_flow(const at::Tensor& flow) {
  return join_channels({flow.narrow(1, 2, 2), flow.narrow(1, 0, 2)});
}

}  // namespace

/// Reads two pictures at a coarse scale and says how to change flow and mask.
struct Rife::Block {
  Block(const Weights& weights,
        std::int64_t in,
        std::int64_t width,
        const RifeConfig& config,
        const Compute& compute)
      : first(activated_layer(weights.at("conv0.0"), in, width / 2, kHalf, config.body, compute)),
        second(
            activated_layer(weights.at("conv0.1"), width / 2, width, kHalf, config.body, compute)),
        body(config.body),
        shuffled(config.shuffled) {
    for (std::int64_t i = 0; i < kConvolutions; ++i) {
      const Weights part = weights.at("convblock." + std::to_string(i));
      inner.push_back(body == RifeBody::Residual
                          ? residual_layer(part, width, compute)
                          : activated_layer(part, width, width, kSame, body, compute));
    }
    last = DoublingConvolution(weights.at(shuffled ? "lastconv.0" : "lastconv"), width,
                               config.results * (shuffled ? 4 : 1), compute);
  }

  /// x [1, in - 4, H, W] and the flow so far (none for the first block), seen at 1/scale of their
  /// size; gives [1, results, H, W], flows in pixels of the full size.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& flow, std::int64_t scale) const {
    const std::int64_t height = x.size(2), width = x.size(3);
    const auto small = [&](const at::Tensor& picture) {
      return resize_bilinear(picture, height / scale, width / scale);
    };
    at::Tensor seen = small(x);
    if (flow.defined()) {
      seen = join_channels({seen, small(flow) / static_cast<double>(scale)});
    }
    const at::Tensor start = second(first(seen));
    at::Tensor features = start;
    for (const Layer& layer : inner) {
      features =
          body == RifeBody::Residual
              ? layer.activated(layer.conv.map(features, {.image_bias = {}, .residual = features}))
              : layer(features);
    }
    if (body == RifeBody::Prelu) {
      features = features + start;
    }
    at::Tensor results = last(features);
    if (shuffled) {
      results = at::pixel_shuffle(results, 2);
    }
    const auto enlarged = static_cast<double>(height / results.size(2));
    results = resize_bilinear(results, height, width);
    return join_channels({results.narrow(1, 0, kFlow) * enlarged,
                          results.narrow(1, kFlow, results.size(1) - kFlow)});
  }

  Layer first, second;
  std::vector<Layer> inner;
  DoublingConvolution last;
  RifeBody body;
  bool shuffled;
};

/// What is known of the picture that is looked for.
struct Rife::State {
  at::Tensor first, second;            // the pictures, padded
  at::Tensor first_code, second_code;  // what the encoder makes of them
  at::Tensor warped_first, warped_second;
  at::Tensor time, flow, mask, features;
};

Rife::Rife(const Weights& weights, const RifeConfig& config, const Compute& compute)
    : config_(config), compute_(full_precision(compute)) {
  const std::int64_t pictures = 6 + 2 * config.head;
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < config.widths.size(); ++i) {
    const std::int64_t in = i == 0 ? pictures + 1 : pictures + 2 + kFlow + config.features;
    blocks.emplace_back(weights.at(config.block(i)), in, config.widths[i], config, compute_);
  }
  blocks_ = std::make_shared<const std::vector<Block>>(std::move(blocks));
  for (std::size_t i = 0; i + 1 < config.head_layers.size(); ++i) {
    head_.emplace_back(weights.at(config.head_layers[i]), i == 0 ? 3 : config.head_width,
                       config.head_width, 3, compute_, i == 0 ? kHalf : kSame);
  }
  if (config.head > 0) {
    head_last_ = DoublingConvolution(weights.at(config.head_layers.back()), config.head_width,
                                     config.head, compute_);
  }
}

at::Tensor Rife::encode(const at::Tensor& picture) const {
  at::Tensor x = picture;
  for (const Conv2d& conv : head_) {
    x = conv(x);
    // The short encoder of 4.7 to 4.9 has no activation.
    if (head_.size() > 1) {
      x = leaky_relu(std::move(x), kSlope);
    }
  }
  return head_last_(x);
}

at::Tensor Rife::block_input(const State& state, bool swapped) const {
  std::vector<at::Tensor> parts = {state.warped_first, state.warped_second};
  if (config_.head > 0) {
    const bool known = state.flow.defined();
    parts.push_back(known ? warp(state.first_code, state.flow.narrow(1, 0, 2)) : state.first_code);
    parts.push_back(known ? warp(state.second_code, state.flow.narrow(1, 2, 2))
                          : state.second_code);
  }
  parts.push_back(swapped ? 1.0 - state.time : state.time);
  if (swapped) {
    std::swap(parts[0], parts[1]);
  }
  if (state.mask.defined()) {
    parts.push_back(swapped ? -state.mask : state.mask);
  }
  if (state.features.defined()) {
    parts.push_back(state.features);
  }
  return join_channels(parts);
}

void Rife::step(std::size_t number, State& state, RifeEnsemble ensemble) const {
  const std::int64_t scale = std::int64_t{1} << (blocks_->size() - 1 - number);
  const Block& block = (*blocks_)[number];
  const at::Tensor results = block(block_input(state, false), state.flow, scale);
  at::Tensor flow = results.narrow(1, 0, kFlow);
  at::Tensor mask = results.narrow(1, kFlow, 1);
  if (ensemble == RifeEnsemble::Yes) {
    const at::Tensor other =
        block(block_input(state, true),
              state.flow.defined() ? swapped_flow(state.flow) : state.flow, scale);
    flow = (flow + swapped_flow(other.narrow(1, 0, kFlow))) / 2.0;
    mask = (mask - other.narrow(1, kFlow, 1)) / 2.0;
  }
  state.flow = state.flow.defined() ? state.flow + flow : flow;
  // Versions with an encoder make the mask anew in each block.
  state.mask = config_.head == 0 && state.mask.defined() ? state.mask + mask : mask;
  if (config_.features > 0) {
    state.features = results.narrow(1, kFlow + 1, config_.features);
  }
  state.warped_first = warp(state.first, state.flow.narrow(1, 0, 2));
  state.warped_second = warp(state.second, state.flow.narrow(1, 2, 2));
}

RifeResult Rife::operator()(const at::Tensor& first,
                            const at::Tensor& second,
                            double t,
                            RifeEnsemble ensemble) const {
  PTRAVEL_CHECK(first.dim() == 4 && first.size(0) == 1 && first.size(1) == 3 &&
                first.sizes() == second.sizes() && first.numel() > 0);
  PTRAVEL_CHECK(ensemble == RifeEnsemble::No || config_.head == 0);
  const auto profile = ProfileScope::part("interpolator");
  const std::int64_t height = first.size(2), width = first.size(3), multiple = config_.multiple();
  const auto padded = [&](const at::Tensor& picture) {
    const std::int64_t below = (multiple - height % multiple) % multiple;
    const std::int64_t right = (multiple - width % multiple) % multiple;
    return to_channels_last(at::constant_pad_nd(
        picture.to(compute_.device, at::kFloat).clamp(0.0, 1.0), {0, right, 0, below}));
  };
  State state;
  state.first = state.warped_first = padded(first);
  state.second = state.warped_second = padded(second);
  state.time = at::full({1, 1, state.first.size(2), state.first.size(3)}, t, state.first.options());
  if (config_.head > 0) {
    state.first_code = encode(state.first);
    state.second_code = encode(state.second);
  }
  for (std::size_t i = 0; i < blocks_->size(); ++i) {
    step(i, state, ensemble);
  }
  const at::Tensor share = at::sigmoid(state.mask);
  const at::Tensor picture = state.warped_first * share + state.warped_second * (1.0 - share);
  return {picture.narrow(2, 0, height).narrow(3, 0, width), state.flow};
}

}  // namespace ptravel
