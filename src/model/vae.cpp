// AutoencoderKL: the first stage of latent diffusion (Esser et al. 2021, Rombach et al. 2022), with
// the names of the public CompVis implementation.

#include "model/vae.h"

#include <optional>
#include <sstream>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "model/vae_blocks.h"
#include "ptravel/error.h"
#include "tensor/layout.h"

namespace ptravel {
namespace {

/// One resolution of the encoder or the decoder.
struct Level {
  std::string name;  // "down.0", "up.3"
  std::vector<VaeResBlock> blocks;
  std::optional<Conv2d> resample;

  at::Tensor run_blocks(at::Tensor x, Wrap wrap, const BlockProbe& probe) const {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      x = blocks[i](std::move(x), wrap);
      probe(name + ".block." + std::to_string(i), x);
    }
    return x;
  }
};

struct Encoder {
  Encoder(const Weights& weights, const VaeConfig& config, const Compute& compute)
      : conv_in(Conv2d::same(weights.at("conv_in"), config.in_channels, config.channels, compute)) {
    std::int64_t channels = config.channels;
    for (std::size_t i = 0; i < config.channel_mult.size(); ++i) {
      Level level;
      level.name = "down." + std::to_string(i);
      const Weights part = weights.at(level.name);
      for (std::int64_t block = 0; block < config.num_res_blocks; ++block) {
        const std::int64_t width = config.channels * config.channel_mult[i];
        level.blocks.emplace_back(part.at("block." + std::to_string(block)), channels, width,
                                  config, compute);
        channels = width;
      }
      if (i + 1 < config.channel_mult.size()) {
        level.resample = Conv2d(part.at("downsample.conv"), channels, channels, 3, compute,
                                {.stride = 2, .pad_before = 0, .pad_after = 1});
      }
      levels.push_back(std::move(level));
    }
    middle.emplace(weights.at("mid"), channels, config, compute);
    norm_out = GroupNorm(weights.at("norm_out"), channels, norm_options(config), compute);
    conv_out = Conv2d::same(weights.at("conv_out"), channels, 2 * config.z_channels, compute);
  }

  at::Tensor operator()(at::Tensor x, Wrap wrap, const BlockProbe& probe) const {
    x = conv_in(x, wrap);
    probe("conv_in", x);
    for (const Level& level : levels) {
      x = level.run_blocks(std::move(x), wrap, probe);
      if (level.resample) {
        x = (*level.resample)(x, wrap);
        probe(level.name + ".downsample", x);
      }
    }
    x = (*middle)(std::move(x), wrap, probe);
    if (probe.active()) {
      probe("norm_out", norm_out(x));
    }
    x = norm_out.silu_then(conv_out, x, {.format = ResultFormat::Float32, .wrap = wrap});
    probe("conv_out", x);
    return x;
  }

  Conv2d conv_in;
  std::vector<Level> levels;
  std::optional<VaeMiddle> middle;
  GroupNorm norm_out;
  Conv2d conv_out;
};

struct Decoder {
  Decoder(const Weights& weights, const VaeConfig& config, const Compute& compute) {
    std::int64_t channels = config.channels * config.channel_mult.back();
    conv_in = Conv2d::same(weights.at("conv_in"), config.z_channels, channels, compute);
    middle.emplace(weights.at("mid"), channels, config, compute);
    for (std::size_t i = config.channel_mult.size(); i-- > 0;) {
      Level level;
      level.name = "up." + std::to_string(i);
      const Weights part = weights.at(level.name);
      for (std::int64_t block = 0; block <= config.num_res_blocks; ++block) {
        const std::int64_t width = config.channels * config.channel_mult[i];
        level.blocks.emplace_back(part.at("block." + std::to_string(block)), channels, width,
                                  config, compute);
        channels = width;
      }
      if (i > 0) {
        level.resample = Conv2d::same(part.at("upsample.conv"), channels, channels, compute);
      }
      levels.push_back(std::move(level));
    }
    norm_out = GroupNorm(weights.at("norm_out"), channels, norm_options(config), compute);
    conv_out = Conv2d::same(weights.at("conv_out"), channels, config.out_channels, compute);
  }

  at::Tensor operator()(at::Tensor x, Wrap wrap, const BlockProbe& probe) const {
    x = conv_in(x, wrap);
    probe("conv_in", x);
    x = (*middle)(std::move(x), wrap, probe);
    for (const Level& level : levels) {
      x = level.run_blocks(std::move(x), wrap, probe);
      if (level.resample) {
        x = level.resample->resized(x, 2 * x.size(2), 2 * x.size(3), wrap);
        probe(level.name + ".upsample", x);
      }
    }
    if (probe.active()) {
      probe("norm_out", norm_out(x));
    }
    return norm_out.silu_then(conv_out, x, {.format = ResultFormat::Float32, .wrap = wrap});
  }

  Conv2d conv_in;
  std::optional<VaeMiddle> middle;
  std::vector<Level> levels;
  GroupNorm norm_out;
  Conv2d conv_out;
};

/// One number for each channel of latents.
at::Tensor by_channel(const std::vector<double>& numbers, const at::Tensor& latents) {
  PTRAVEL_CHECK(static_cast<std::int64_t>(numbers.size()) == latents.size(1));
  return at::tensor(numbers, at::kDouble).to(latents.options()).view({1, -1, 1, 1});
}

bool all_finite(const at::Tensor& x) { return at::isfinite(x).all().item<bool>(); }

std::string text(at::IntArrayRef sizes) {
  std::ostringstream out;
  out << sizes;
  return out.str();
}

}  // namespace

at::Tensor unscaled_latent(const VaeConfig& config, const at::Tensor& latent) {
  const at::Tensor unscaled = (1.0 / config.scale_factor) * latent.to(at::kFloat);
  if (config.latent_mean.empty()) {
    return unscaled;
  }
  return unscaled * by_channel(config.latent_std, unscaled) +
         by_channel(config.latent_mean, unscaled);
}

struct Vae::Layers {
  Layers(const Weights& weights, const VaeConfig& config_in, const Compute& compute_in)
      : config(config_in),
        compute(compute_in),
        encoder(weights.at("encoder"), config, compute),
        decoder(weights.at("decoder"), config, compute),
        quant(weights.at("quant_conv"),
              2 * config.z_channels,
              2 * config.embed_dim,
              full_precision(compute),
              Linear::Bias::Yes,
              Linear::Stored::Filter),
        post_quant(weights.at("post_quant_conv"),
                   config.embed_dim,
                   config.z_channels,
                   full_precision(compute),
                   Linear::Bias::Yes,
                   Linear::Stored::Filter) {}

  VaeConfig config;
  Compute compute;
  Encoder encoder;
  Decoder decoder;
  Linear quant;       // fp32 always
  Linear post_quant;  // fp32 always
};

Vae::Vae(const Weights& weights, const VaeConfig& config, const Compute& compute)
    : layers_(std::make_unique<const Layers>(weights, config, compute)) {
  if (compute.dtype == at::kHalf) {
    wide_ = std::make_unique<const Layers>(weights, config, full_precision(compute));
  }
}
Vae::Vae(Vae&&) noexcept = default;
Vae& Vae::operator=(Vae&&) noexcept = default;
Vae::~Vae() = default;

const VaeConfig& Vae::config() const { return layers_->config; }
const Compute& Vae::compute() const { return layers_->compute; }

LatentDistribution Vae::encode(const at::Tensor& image,
                               Wrap wrap,
                               const BlockObserver& observer) const {
  const auto profile = ProfileScope::part("vae encoder");
  LatentDistribution result = encode(*layers_, image, wrap, observer);
  return !wide_ || all_finite(result.mean) ? result : encode(*wide_, image, wrap, observer);
}

LatentDistribution Vae::encode(const Layers& net,
                               const at::Tensor& image,
                               Wrap wrap,
                               const BlockObserver& observer) const {
  const std::int64_t factor = net.config.factor();
  if (image.dim() != 4 || image.size(1) != net.config.in_channels || image.numel() == 0 ||
      image.size(2) < factor || image.size(3) < factor) {
    throw Error(ErrorCode::InvalidArgument,
                "[vae encode] image " + text(image.sizes()) + ": expected [N, " +
                    std::to_string(net.config.in_channels) + ", H, W] with sides of at least " +
                    std::to_string(factor));
  }
  const BlockProbe probe(observer);
  const at::Tensor x = to_channels_last(image.to(net.compute.device, net.compute.dtype));
  const at::Tensor h = net.encoder(x, wrap, probe);
  const at::Tensor moments = to_picture(net.quant(to_tokens(h)), h.size(2), h.size(3)).contiguous();
  probe("moments_raw", moments);
  const std::int64_t half = net.config.embed_dim;
  LatentDistribution result;
  result.mean = moments.narrow(1, 0, half).contiguous();
  result.logvar = moments.narrow(1, half, half).clamp(-30.0, 20.0).contiguous();
  result.std = at::exp(0.5 * result.logvar);
  probe("mean", result.mean);
  probe("logvar", result.logvar);
  return result;
}

at::Tensor Vae::to_latent(const at::Tensor& sample) const {
  const VaeConfig& config = layers_->config;
  if (config.latent_mean.empty()) {
    return sample * config.scale_factor;
  }
  const at::Tensor centred = sample - by_channel(config.latent_mean, sample);
  return centred / by_channel(config.latent_std, sample) * config.scale_factor;
}

at::Tensor Vae::decode(const at::Tensor& latent, Wrap wrap, const BlockObserver& observer) const {
  const auto profile = ProfileScope::part("vae decoder");
  const at::Tensor image = decode(*layers_, latent, wrap, observer);
  return !wide_ || all_finite(image) ? image : decode(*wide_, latent, wrap, observer);
}

at::Tensor Vae::decode(const Layers& net,
                       const at::Tensor& latent,
                       Wrap wrap,
                       const BlockObserver& observer) const {
  if (latent.dim() != 4 || latent.size(1) != net.config.embed_dim || latent.numel() == 0) {
    throw Error(ErrorCode::InvalidArgument, "[vae decode] latent " + text(latent.sizes()) +
                                                ": expected [N, " +
                                                std::to_string(net.config.embed_dim) + ", h, w]");
  }
  const BlockProbe probe(observer);
  const at::Tensor unscaled = unscaled_latent(net.config, latent.to(net.compute.device));
  const at::Tensor z = net.post_quant(to_tokens(unscaled));
  const at::Tensor h = to_picture(z, latent.size(2), latent.size(3)).to(net.compute.dtype);
  at::Tensor image = net.decoder(to_channels_last(h), wrap, probe).contiguous();
  probe("image", image);
  return image;
}

}  // namespace ptravel
