// FILM (Reda et al., "Frame Interpolation for Large Motion", 2022): features of both pictures,
// motion from coarse to fine, and a decoder of what the motion brings together.
#include "postprocess/film.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/layout.h"
#include "tensor/leaky_relu.h"
#include "tensor/resample.h"

namespace ptravel {
namespace {

constexpr double kSlope = 0.2;

using Layer = std::vector<Conv2d>;

at::Tensor activated(const Conv2d& conv, const at::Tensor& x) {
  return leaky_relu(conv(x), kSlope);
}

Layer predictor_layers(const Weights& weights,
                       std::int64_t features,
                       const FilmPredictor& predictor,
                       const Compute& compute) {
  Layer layers;
  const auto part = [&](std::int64_t i) { return weights.at("_convs." + std::to_string(i)); };
  const std::int64_t width = predictor.width, count = predictor.convolutions;
  for (std::int64_t i = 0; i < count; ++i) {
    layers.push_back(Conv2d::same(part(i), i == 0 ? 2 * features : width, width, compute));
  }
  layers.emplace_back(part(count), width, width / 2, 1, compute);
  layers.emplace_back(part(count + 1), width / 2, 2, 1, compute);
  return layers;
}

/// The motion from one picture's features to the other's, in pixels of this level.
at::Tensor predicted(const Layer& layers, const at::Tensor& from, const at::Tensor& to) {
  at::Tensor x = join_channels({from, to});
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    x = activated(layers[i], x);
  }
  return layers.back()(x);
}

/// A flow of the level below on this one.
at::Tensor finer(const at::Tensor& flow, const at::Tensor& like) {
  return resize_bilinear(flow * 2.0, like.size(2), like.size(3));
}

}  // namespace

struct Film::Layers {
  std::vector<Layer> extract;  // two for each level
  std::vector<Layer> fine;     // from the finest level on
  Layer coarse;
  std::vector<Layer> fuse;  // from the coarsest level on, three each
  Conv2d last;
};

Film::Film(const Weights& weights, const FilmConfig& config, const Compute& compute)
    : config_(config), compute_(full_precision(compute)) {
  auto layers = std::make_shared<Layers>();
  const Weights extractor = weights.at("extract.extract_sublevels.convs");
  for (std::int64_t level = 0; level < config.sub_levels; ++level) {
    const Weights part = extractor.at(std::to_string(level));
    const std::int64_t width = config.filters << level;
    layers->extract.push_back(
        {Conv2d::same(part.at("0"), level == 0 ? 3 : width / 2, width, compute_),
         Conv2d::same(part.at("1"), width, width, compute_)});
  }
  const Weights flow = weights.at("predict_flow");
  const auto fine = static_cast<std::int64_t>(config.fine.size());
  for (std::int64_t level = 0; level < fine; ++level) {
    layers->fine.push_back(predictor_layers(
        flow.at("_predictors." + std::to_string(fine - 1 - level)), config.features(level),
        config.fine[static_cast<std::size_t>(level)], compute_));
  }
  layers->coarse =
      predictor_layers(flow.at("_predictor"), config.features(fine), config.coarse, compute_);
  // Pictures and features of both, and both flows.
  const auto aligned = [&](std::int64_t level) { return 2 * (3 + config.features(level)) + 4; };
  std::int64_t in = aligned(config.fusion_levels - 1);
  for (std::int64_t step = 0; step + 1 < config.fusion_levels; ++step) {
    const Weights part = weights.at("fuse.convs." + std::to_string(step));
    const std::int64_t level = config.fusion_levels - 2 - step;
    const std::int64_t width = config.filters << std::min(level, config.sub_levels - 1);
    layers->fuse.push_back({Conv2d(part.at("0"), in, width, 2, compute_,
                                   {.stride = 1, .pad_before = 0, .pad_after = 1}),
                            Conv2d::same(part.at("1"), aligned(level) + width, width, compute_),
                            Conv2d::same(part.at("2"), width, width, compute_)});
    in = width;
  }
  layers->last = Conv2d(weights.at("fuse.output_conv"), in, 3, 1, compute_);
  layers_ = std::move(layers);
}

Film::Pyramid Film::images(const at::Tensor& picture) const {
  Pyramid pyramid = {to_channels_last(picture)};
  while (static_cast<std::int64_t>(pyramid.size()) < config_.pyramid_levels) {
    pyramid.push_back(at::avg_pool2d(pyramid.back(), 2, 2));
  }
  return pyramid;
}

Film::Pyramid Film::features(const Pyramid& images) const {
  const auto levels = static_cast<std::int64_t>(images.size());
  // Extracted from each level's picture, on as many levels below as there are.
  std::vector<Pyramid> extracted;
  for (std::int64_t level = 0; level < levels; ++level) {
    Pyramid sub;
    at::Tensor x = images[static_cast<std::size_t>(level)];
    const std::int64_t count = std::min(levels - level, config_.sub_levels);
    for (std::int64_t i = 0; i < count; ++i) {
      const Layer& layer = layers_->extract[static_cast<std::size_t>(i)];
      x = activated(layer[1], activated(layer[0], i == 0 ? x : at::avg_pool2d(x, 2, 2)));
      sub.push_back(x);
    }
    extracted.push_back(std::move(sub));
  }
  Pyramid result;
  for (std::int64_t level = 0; level < levels; ++level) {
    std::vector<at::Tensor> parts;
    for (std::int64_t sub = 0; sub <= std::min(level, config_.sub_levels - 1); ++sub) {
      parts.push_back(
          extracted[static_cast<std::size_t>(level - sub)][static_cast<std::size_t>(sub)]);
    }
    result.push_back(join_channels(parts));
  }
  return result;
}

Film::Pyramid Film::flows(const Pyramid& from, const Pyramid& to) const {
  Pyramid result(from.size());
  at::Tensor flow;
  for (std::size_t level = from.size(); level-- > 0;) {
    const Layer& layers = level < layers_->fine.size() ? layers_->fine[level] : layers_->coarse;
    if (flow.defined()) {
      flow = finer(flow, from[level]);
      flow = flow + predicted(layers, from[level], warp(to[level], flow));
    } else {
      flow = predicted(layers, from[level], to[level]);
    }
    result[level] = flow;
  }
  return result;
}

at::Tensor Film::fused(const Pyramid& aligned) const {
  at::Tensor x = aligned.back();
  std::size_t level = aligned.size() - 1;
  for (const Layer& layer : layers_->fuse) {
    const at::Tensor& fine = aligned[--level];
    x = layer[0](resize_nearest(x, fine.size(2), fine.size(3)));
    x = activated(layer[2], activated(layer[1], join_channels({fine, x})));
  }
  return layers_->last(x);
}

std::vector<at::Tensor> Film::operator()(const at::Tensor& first,
                                         const at::Tensor& second,
                                         const std::vector<double>& times) const {
  PTRAVEL_CHECK(first.dim() == 4 && first.size(0) == 1 && first.size(1) == 3 &&
                first.sizes() == second.sizes() && first.numel() > 0);
  const auto profile = ProfileScope::part("interpolator");
  const std::int64_t height = first.size(2), width = first.size(3);
  const auto padded = [&](const at::Tensor& picture) {
    const std::int64_t multiple = config_.multiple();
    const std::int64_t below = (multiple - height % multiple) % multiple;
    const std::int64_t right = (multiple - width % multiple) % multiple;
    // The edge goes on: a black border would look like something that moves.
    return at::replication_pad2d(picture.to(compute_.device, at::kFloat), {0, right, 0, below});
  };
  const Pyramid images_of[2] = {images(padded(first)), images(padded(second))};
  const Pyramid features_of[2] = {features(images_of[0]), features(images_of[1])};
  const Pyramid forward = flows(features_of[0], features_of[1]);
  const Pyramid backward = flows(features_of[1], features_of[0]);
  std::vector<at::Tensor> result;
  for (const double t : times) {
    Pyramid aligned;
    for (std::size_t level = 0; level < static_cast<std::size_t>(config_.fusion_levels); ++level) {
      const at::Tensor to_first = backward[level] * t;
      const at::Tensor to_second = forward[level] * (1.0 - t);
      aligned.push_back(
          join_channels({warp(images_of[0][level], to_first), warp(features_of[0][level], to_first),
                         warp(images_of[1][level], to_second),
                         warp(features_of[1][level], to_second), to_first, to_second}));
    }
    result.push_back(fused(aligned).narrow(2, 0, height).narrow(3, 0, width));
  }
  return result;
}

}  // namespace ptravel
