#include "bench_networks.h"

#include <ATen/ATen.h>

#include "model/layers.h"
#include "model/random_tensors.h"
#include "tensor/rng.h"

namespace ptravel::bench {
namespace {

constexpr float kTime = 500.0F;

ClipConfig open_clip(std::int64_t width, std::int64_t layers, std::int64_t projection) {
  ClipConfig config;
  config.width = width;
  config.num_layers = layers;
  config.num_heads = width / 64;
  config.intermediate = 4 * width;
  config.projection = projection;
  config.quick_gelu = false;
  return config;
}

NetworkSizes full_sizes(Family family) {
  NetworkSizes sizes;
  switch (family) {
    case Family::Sd1:
      sizes.clips = {ClipConfig()};
      break;
    case Family::Sd2:
      sizes.clips = {open_clip(1024, 23, 0)};
      sizes.unet.heads = {5, 10, 20, 20};
      sizes.unet.context_dim = 1024;
      sizes.unet.linear_projection = true;
      break;
    case Family::Sdxl:
      sizes.clips = {ClipConfig(), open_clip(1280, 32, 1280)};
      sizes.unet.channel_mult = {1, 2, 4};
      sizes.unet.transformer_depth = {0, 2, 10};
      sizes.unet.middle_depth = 10;
      sizes.unet.heads = {5, 10, 20};
      sizes.unet.context_dim = 2048;
      sizes.unet.vector_dim = 2816;
      sizes.unet.linear_projection = true;
      sizes.vae.scale_factor = 0.13025;
      break;
  }
  return sizes;
}

Unet make_unet(const std::shared_ptr<RandomTensors>& source,
               const NetworkSizes& sizes,
               const Compute& compute) {
  return {Weights(source, "unet", "unet"), sizes.unet, compute};
}

}  // namespace

NetworkSizes sizes_of(const Options& options) {
  NetworkSizes sizes = full_sizes(options.family);
  if (options.small) {
    for (ClipConfig& clip : sizes.clips) {
      clip.num_layers = 2;
    }
    sizes.unet.model_channels = 64;
    sizes.vae.channels = 32;
    if (options.family != Family::Sd1) {
      sizes.unet.heads = sizes.unet.channel_mult;  // heads of 64 channels
      sizes.unet.middle_depth = 1;
      for (std::int64_t& depth : sizes.unet.transformer_depth) {
        depth = std::min<std::int64_t>(depth, 2);
      }
    }
  }
  return sizes;
}

Networks::Networks(const NetworkSizes& sizes, const Compute& compute)
    : unet(make_unet(std::make_shared<RandomTensors>(1), sizes, compute)),
      vae(Weights(std::make_shared<RandomTensors>(1), "vae", "vae"), sizes.vae, compute) {
  for (std::size_t i = 0; i < sizes.clips.size(); ++i) {
    const std::string name = i == 0 ? "clip" : "clip" + std::to_string(i);
    clips.emplace_back(Weights(std::make_shared<RandomTensors>(1), name, "text encoder"),
                       sizes.clips[i], full_precision(compute));
  }
}

Inputs::Inputs(const NetworkSizes& sizes, const Options& options, std::int64_t frames) {
  Rng rng(RngSource::Cpu, 1);
  const std::int64_t h = options.height / 8;
  const std::int64_t w = options.width / 8;
  ids = rng.randint(0, 49408, {2, 77});
  latents = rng.randn({frames, sizes.unet.in_channels, h, w});
  contexts = rng.randn({2 * frames, 77, sizes.unet.context_dim});
  if (sizes.unet.vector_dim > 0) {
    vectors = rng.randn({2 * frames, sizes.unet.vector_dim});
  }
  image = rng.rand({1, 3, options.height, options.width}) * 2 - 1;
}

GuidedFrames::GuidedFrames(const Unet& unet, const Inputs& inputs)
    : unet_(unet), rows_(inputs.latents.repeat_interleave(2, 0).to(unet.compute().device)) {
  const bool vector = inputs.vectors.defined();
  const auto common = vector ? nullptr : unet.prepare_time(kTime);
  for (std::int64_t row = 0; row < inputs.contexts.size(0); ++row) {
    conditionings_.push_back({vector ? unet.prepare_time(kTime, inputs.vectors[row]) : common,
                              unet.prepare_text(inputs.contexts[row])});
  }
}

at::Tensor GuidedFrames::step(std::int64_t first, std::int64_t count) const {
  const auto begin = conditionings_.begin() + 2 * first;
  return unet_.forward(rows_.narrow(0, 2 * first, 2 * count), {begin, begin + 2 * count});
}

}  // namespace ptravel::bench
