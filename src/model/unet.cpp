// The UNet of latent diffusion (Ho et al. 2020 with the changes of Dhariwal and Nichol 2021 and
// Rombach et al. 2022), with the block numbering of the public CompVis implementation, which its
// checkpoints' names follow.

#include "model/unet.h"

#include <cmath>
#include <optional>
#include <sstream>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "model/transformer.h"
#include "ptravel/error.h"
#include "tensor/activation.h"
#include "tensor/layout.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

GroupNormOptions norm_options(const UnetConfig& config) {
  return {.groups = config.norm_groups, .eps = 1e-5};
}

std::int64_t time_width(const UnetConfig& config) { return 4 * config.model_channels; }

/// Two convolutions with the time embedding between them, and a residual.
struct ResBlock {
  ResBlock(const Weights& weights,
           std::int64_t in,
           std::int64_t out,
           const UnetConfig& config,
           const Compute& compute)
      : in_norm(weights.at("in_layers.0"), in, norm_options(config), compute),
        in_conv(Conv2d::same(weights.at("in_layers.2"), in, out, compute)),
        time(weights.at("emb_layers.1"), time_width(config), out, compute),
        out_norm(weights.at("out_layers.0"), out, norm_options(config), compute),
        out_conv(Conv2d::same(weights.at("out_layers.3"), out, out, compute)) {
    if (in != out) {
      skip.emplace(weights.at("skip_connection"), in, out, compute, Linear::Bias::Yes,
                   Linear::Stored::Filter);
    }
  }

  /// x [N, in, h, w], time_silu [N, time_width] after its SiLU.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& time_silu) const {
    const at::Tensor h = in_conv.with_image_bias(in_norm(x, AfterNorm::Silu), time(time_silu));
    const at::Tensor residual = skip ? to_picture((*skip)(to_tokens(x)), x.size(2), x.size(3)) : x;
    return out_conv.with_residual(out_norm(h, AfterNorm::Silu), residual);
  }

  GroupNorm in_norm;
  Conv2d in_conv;
  Linear time;
  GroupNorm out_norm;
  Conv2d out_conv;
  std::optional<Linear> skip;
};

/// What all blocks of one forward pass share.
struct Pass {
  at::Tensor time_silu;  // [N, time_width]
  at::Tensor context;    // [N, T, context_dim], unrounded where it wants a gradient
};

/// One entry of input_blocks or output_blocks. Each part is optional; they run in this order.
struct Stage {
  std::string name;
  std::optional<Conv2d> conv;  // the very first convolution, or a downsampling one
  std::optional<ResBlock> res;
  std::optional<SpatialTransformer> transformer;
  std::optional<Conv2d> upsample;

  at::Tensor operator()(at::Tensor x, const Pass& pass, const BlockProbe& probe) const {
    int part = 0;
    const auto next_name = [&] { return name + "." + std::to_string(part++); };
    if (conv) {
      x = (*conv)(x);
    }
    if (res) {
      x = (*res)(x, pass.time_silu);
      probe(next_name(), x);
    }
    if (transformer) {
      const std::string part_name = next_name();
      x = (*transformer)(x, pass.context, probe.inside(part_name));
      probe(part_name, x);
    }
    if (upsample) {
      x = (*upsample)(resize_nearest(x, 2 * x.size(2), 2 * x.size(3)));
      probe(next_name(), x);
    }
    probe(name, x);
    return x;
  }
};

std::string text(at::IntArrayRef sizes) {
  std::ostringstream out;
  out << sizes;
  return out.str();
}

/// Builds the stages in the order of the names, keeping track of the channels.
class Builder {
 public:
  Builder(const Weights& weights, const UnetConfig& config, const Compute& compute)
      : weights_(weights), config_(config), compute_(compute) {}

  std::vector<Stage> inputs() {
    std::vector<Stage> stages;
    Stage first = begin("input_blocks", 0);
    first.conv = Conv2d::same(at(first, 0), config_.in_channels, channels_, compute_);
    finish_input(stages, std::move(first));
    for (std::size_t level = 0; level < levels(); ++level) {
      for (std::int64_t i = 0; i < config_.num_res_blocks; ++i) {
        Stage stage = begin("input_blocks", stages.size());
        add_res(stage, channels_, width(level));
        add_transformer(stage, config_.transformer_depth.at(level));
        finish_input(stages, std::move(stage));
      }
      if (level + 1 < levels()) {
        Stage stage = begin("input_blocks", stages.size());
        stage.conv = Conv2d(at(stage, 0).at("op"), channels_, channels_, 3, compute_,
                            {.stride = 2, .pad_before = 1, .pad_after = 1});
        finish_input(stages, std::move(stage));
      }
    }
    return stages;
  }

  /// The three parts of middle_block, as stages of their own.
  std::vector<Stage> middle() {
    std::vector<Stage> stages(3);
    const Weights weights = weights_.at("middle_block");
    stages[0].res.emplace(weights.at("0"), channels_, channels_, config_, compute_);
    stages[1].transformer.emplace(weights.at("1"), channels_, config_.middle_depth, config_,
                                  compute_);
    stages[2].res.emplace(weights.at("2"), channels_, channels_, config_, compute_);
    return stages;
  }

  std::vector<Stage> outputs() {
    std::vector<Stage> stages;
    for (std::size_t level = levels(); level-- > 0;) {
      for (std::int64_t i = 0; i <= config_.num_res_blocks; ++i) {
        Stage stage = begin("output_blocks", stages.size());
        add_res(stage, channels_ + skips_.back(), width(level));
        skips_.pop_back();
        const std::int64_t depth = config_.transformer_depth.at(level);
        add_transformer(stage, depth);
        if (level > 0 && i == config_.num_res_blocks) {
          const Weights weights = at(stage, depth > 0 ? 2 : 1).at("conv");
          stage.upsample = Conv2d::same(weights, channels_, channels_, compute_);
        }
        stages.push_back(std::move(stage));
      }
    }
    return stages;
  }

 private:
  std::size_t levels() const { return config_.channel_mult.size(); }
  std::int64_t width(std::size_t level) const {
    return config_.model_channels * config_.channel_mult[level];
  }
  static Stage begin(const std::string& list, std::size_t index) {
    Stage stage;
    stage.name = list + "." + std::to_string(index);
    return stage;
  }
  Weights at(const Stage& stage, int part) const {
    return weights_.at(stage.name + "." + std::to_string(part));
  }
  void add_res(Stage& stage, std::int64_t in, std::int64_t out) {
    stage.res.emplace(at(stage, 0), in, out, config_, compute_);
    channels_ = out;
  }
  void add_transformer(Stage& stage, std::int64_t depth) const {
    if (depth > 0) {
      stage.transformer.emplace(at(stage, 1), channels_, depth, config_, compute_);
    }
  }
  void finish_input(std::vector<Stage>& stages, Stage stage) {
    stages.push_back(std::move(stage));
    skips_.push_back(channels_);
  }

  const Weights& weights_;
  const UnetConfig& config_;
  const Compute& compute_;
  std::int64_t channels_ = config_.model_channels;
  std::vector<std::int64_t> skips_;
};

}  // namespace

at::Tensor timestep_embedding(const at::Tensor& t, std::int64_t width) {
  const std::int64_t half = width / 2;
  const auto options = t.options().dtype(at::kFloat);
  const at::Tensor frequencies =
      at::exp(at::arange(half, options) * static_cast<float>(-std::log(10000.0)) / half);
  const at::Tensor angles = t.to(at::kFloat).unsqueeze(1) * frequencies.unsqueeze(0);
  return at::cat({at::cos(angles), at::sin(angles)}, 1);
}

struct Unet::Layers {
  Layers(const Weights& weights, const UnetConfig& config_in, const Compute& compute_in)
      : config(config_in), compute(compute_in) {
    Builder builder(weights, config, compute);
    const Compute full = full_precision(compute);
    const std::int64_t width = time_width(config);
    time1 = Linear(weights.at("time_embed.0"), config.model_channels, width, full);
    time2 = Linear(weights.at("time_embed.2"), width, width, full);
    inputs = builder.inputs();
    middle = builder.middle();
    outputs = builder.outputs();
    out_norm = GroupNorm(weights.at("out.0"), config.model_channels, norm_options(config), compute);
    out_conv =
        Conv2d::same(weights.at("out.2"), config.model_channels, config.out_channels, compute);
  }

  void check(const at::Tensor& x, const at::Tensor& t, const at::Tensor& context) const;

  UnetConfig config;
  Compute compute;
  Linear time1, time2;  // fp32 always
  std::vector<Stage> inputs;
  std::vector<Stage> middle;
  std::vector<Stage> outputs;
  GroupNorm out_norm;
  Conv2d out_conv;
};

void Unet::Layers::check(const at::Tensor& x,
                         const at::Tensor& t,
                         const at::Tensor& context) const {
  const bool x_fits = x.dim() == 4 && x.size(1) == config.in_channels && x.numel() > 0;
  if (!x_fits) {
    throw Error(ErrorCode::InvalidArgument, "[unet] latent " + text(x.sizes()) + ": expected [N, " +
                                                std::to_string(config.in_channels) + ", h, w]");
  }
  if (t.dim() != 1 || t.size(0) != x.size(0)) {
    throw Error(ErrorCode::InvalidArgument, "[unet] timesteps " + text(t.sizes()) + ": expected [" +
                                                std::to_string(x.size(0)) + "]");
  }
  if (context.dim() != 3 || context.size(0) != x.size(0) || context.size(1) < 1 ||
      context.size(2) != config.context_dim) {
    throw Error(ErrorCode::InvalidArgument, "[unet] conditioning " + text(context.sizes()) +
                                                ": expected [" + std::to_string(x.size(0)) +
                                                ", tokens, " + std::to_string(config.context_dim) +
                                                "]");
  }
}

Unet::Unet(const Weights& weights, const UnetConfig& config, const Compute& compute)
    : layers_(std::make_unique<const Layers>(weights, config, compute)) {}
Unet::Unet(Unet&&) noexcept = default;
Unet& Unet::operator=(Unet&&) noexcept = default;
Unet::~Unet() = default;

const UnetConfig& Unet::config() const { return layers_->config; }
const Compute& Unet::compute() const { return layers_->compute; }

at::Tensor Unet::forward(const at::Tensor& x,
                         const at::Tensor& t,
                         const at::Tensor& context,
                         const BlockObserver& observer) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  net.check(x, t, context);
  const BlockProbe probe(observer);
  const at::Device device = net.compute.device;
  const at::ScalarType dtype = net.compute.dtype;

  const at::Tensor embedding = timestep_embedding(t.to(device), net.config.model_channels);
  const at::Tensor time = net.time2(ptravel::silu(net.time1(embedding)));
  probe("time_embed", time);
  const Pass pass{ptravel::silu(time).to(dtype),
                  wants_gradient(context) ? context.to(device) : context.to(device, dtype)};

  at::Tensor h = to_channels_last(x.to(device, dtype));
  std::vector<at::Tensor> skips;
  for (const Stage& stage : net.inputs) {
    h = stage(h, pass, probe);
    skips.push_back(h);
  }
  const BlockProbe middle_probe;
  for (std::size_t i = 0; i < net.middle.size(); ++i) {
    h = net.middle[i](h, pass, middle_probe);
    probe("middle_block." + std::to_string(i), h);
  }
  probe("middle_block", h);
  for (const Stage& stage : net.outputs) {
    const at::Tensor skip = std::move(skips.back());
    skips.pop_back();
    if (h.size(2) != skip.size(2) || h.size(3) != skip.size(3)) {
      h = resize_nearest(h, skip.size(2), skip.size(3));
    }
    h = stage(concat_channels(h, skip), pass, probe);
  }
  h = net.out_norm(h, AfterNorm::Silu);
  at::Tensor out = net.out_conv.to_float32(h).contiguous();
  probe("out", out);
  return out;
}

}  // namespace ptravel
