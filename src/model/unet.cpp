// The UNet of latent diffusion (Ho et al. 2020 with the changes of Dhariwal and Nichol 2021 and
// Rombach et al. 2022), with the block numbering of the public CompVis implementation, which its
// checkpoints' names follow.

#include "model/unet.h"

#include <cmath>
#include <numeric>
#include <optional>
#include <sstream>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "model/transformer.h"
#include "ptravel/error.h"
#include "tensor/activation.h"
#include "tensor/by_image.h"
#include "tensor/layout.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

GroupNormOptions norm_options(const UnetConfig& config) {
  return {.groups = config.norm_groups, .eps = 1e-5};
}

std::int64_t time_width(const UnetConfig& config) { return 4 * config.model_channels; }

std::int64_t sum_of(const std::vector<std::int64_t>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
}

/// What all blocks of one forward pass share.
struct Pass {
  at::Tensor time_silu;  // [N, time_width]; undefined where the images' times are prepared
  std::vector<std::shared_ptr<const UnetTime>> times;
  TextView text;  // its context unrounded where it wants a gradient
};

/// Two convolutions with the time embedding between them, and a residual.
struct ResBlock {
  /// `parts`: channels of the pictures that come in side by side; `place`: the block's number among
  /// all of the network's.
  ResBlock(const Weights& weights,
           const std::vector<std::int64_t>& parts,
           std::int64_t out,
           std::size_t place_in,
           const UnetConfig& config,
           const Compute& compute)
      : place(place_in),
        in_norm(weights.at("in_layers.0"), sum_of(parts), norm_options(config), compute),
        in_conv(Conv2d::same(weights.at("in_layers.2"), sum_of(parts), out, compute)),
        time(weights.at("emb_layers.1"), time_width(config), out, compute),
        out_norm(weights.at("out_layers.0"), out, norm_options(config), compute),
        out_conv(Conv2d::same(weights.at("out_layers.3"), out, out, compute)) {
    if (sum_of(parts) != out || parts.size() > 1) {
      skip.emplace(weights.at("skip_connection"), parts, out, compute);
    }
  }

  /// Pictures [N, parts[i], h, w].
  at::Tensor operator()(at::TensorList parts, const Pass& pass) const {
    const at::Tensor h = in_norm.silu_then(in_conv, parts, {.image_bias = time_bias(pass)});
    at::Tensor residual = skip ? (*skip)(parts) : parts[0];
    return out_norm.silu_then(out_conv, h, {.residual = std::move(residual)});
  }

  /// What the images' times add after the first convolution, [N, out].
  at::Tensor time_bias(const Pass& pass) const {
    if (pass.times.empty()) {
      return time(pass.time_silu);
    }
    std::vector<at::Tensor> rows;
    for (const auto& image : pass.times) {
      rows.push_back(image->blocks.at(place));
    }
    return rows.size() == 1 ? rows.front() : at::cat(rows);
  }

  std::size_t place;
  GroupNorm in_norm;
  Conv2d in_conv;
  Linear time;
  GroupNorm out_norm;
  Conv2d out_conv;
  std::optional<PixelLinear> skip;
};

/// One entry of input_blocks or output_blocks. Each part is optional; they run in this order.
struct Stage {
  std::string name;
  std::optional<Conv2d> conv;  // the very first convolution, or a downsampling one
  std::optional<ResBlock> res;
  std::optional<SpatialTransformer> transformer;
  std::optional<Conv2d> upsample;

  /// The picture that comes in, and in the second half of the network one that joins it.
  at::Tensor operator()(at::TensorList parts, const Pass& pass, const BlockProbe& probe) const {
    at::Tensor x = parts[0];
    int part = 0;
    const auto next_name = [&] { return name + "." + std::to_string(part++); };
    if (conv) {
      x = (*conv)(x);
    }
    if (res) {
      x = (*res)(parts, pass);
      probe(next_name(), x);
    }
    if (transformer) {
      const std::string part_name = next_name();
      x = (*transformer)(x, pass.text, probe.inside(part_name));
      probe(part_name, x);
    }
    if (upsample) {
      x = upsample->resized(x, 2 * x.size(2), 2 * x.size(3));
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
    // In full precision, which costs little here: a rounded latent would change every answer.
    first.conv =
        Conv2d::same(at(first, 0), config_.in_channels, channels_, full_precision(compute_));
    finish_input(stages, std::move(first));
    for (std::size_t level = 0; level < levels(); ++level) {
      for (std::int64_t i = 0; i < config_.num_res_blocks; ++i) {
        Stage stage = begin("input_blocks", stages.size());
        add_res(stage, at(stage, 0), {channels_}, width(level));
        add_transformer(stage, at(stage, 1), config_.transformer_depth.at(level));
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
    add_res(stages[0], weights.at("0"), {channels_}, channels_);
    add_transformer(stages[1], weights.at("1"), config_.middle_depth);
    add_res(stages[2], weights.at("2"), {channels_}, channels_);
    return stages;
  }

  std::vector<Stage> outputs() {
    std::vector<Stage> stages;
    for (std::size_t level = levels(); level-- > 0;) {
      for (std::int64_t i = 0; i <= config_.num_res_blocks; ++i) {
        Stage stage = begin("output_blocks", stages.size());
        add_res(stage, at(stage, 0), {channels_, skips_.back()}, width(level));
        skips_.pop_back();
        const std::int64_t depth = config_.transformer_depth.at(level);
        add_transformer(stage, at(stage, 1), depth);
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
  void add_res(Stage& stage,
               const Weights& weights,
               const std::vector<std::int64_t>& parts,
               std::int64_t out) {
    stage.res.emplace(weights, parts, out, res_blocks_++, config_, compute_);
    channels_ = out;
  }
  void add_transformer(Stage& stage, const Weights& weights, std::int64_t depth) {
    if (depth > 0) {
      stage.transformer.emplace(weights, channels_, depth, transformer_blocks_, config_, compute_);
      transformer_blocks_ += static_cast<std::size_t>(depth);
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
  std::size_t res_blocks_ = 0;
  std::size_t transformer_blocks_ = 0;
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
  void check_latent(const at::Tensor& x) const;
  /// The embedding of timesteps [N] behind its SiLU, [N, time_width] float32.
  at::Tensor embed_time(const at::Tensor& t, const BlockProbe& probe) const;
  at::Tensor run(const at::Tensor& x, const Pass& pass, const BlockProbe& probe) const;
  /// Calls body(stage) for all stages in the order that they run in.
  template <typename Body>
  void for_stages(const Body& body) const {
    for (const std::vector<Stage>* list : {&inputs, &middle, &outputs}) {
      for (const Stage& stage : *list) {
        body(stage);
      }
    }
  }

  UnetConfig config;
  Compute compute;
  Linear time1, time2;  // fp32 always
  std::vector<Stage> inputs;
  std::vector<Stage> middle;
  std::vector<Stage> outputs;
  GroupNorm out_norm;
  Conv2d out_conv;
};

void Unet::Layers::check_latent(const at::Tensor& x) const {
  const bool x_fits = x.dim() == 4 && x.size(1) == config.in_channels && x.numel() > 0;
  if (!x_fits) {
    throw Error(ErrorCode::InvalidArgument, "[unet] latent " + text(x.sizes()) + ": expected [N, " +
                                                std::to_string(config.in_channels) + ", h, w]");
  }
}

void Unet::Layers::check(const at::Tensor& x,
                         const at::Tensor& t,
                         const at::Tensor& context) const {
  check_latent(x);
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
  const auto compute = [&](std::int64_t first, std::int64_t count) {
    const auto rows = [&](const at::Tensor& all) {
      return all.narrow(0, first, count).to(net.compute.device);
    };
    Pass pass;
    pass.time_silu = net.embed_time(rows(t), probe).to(net.compute.dtype);
    pass.text.context = rows(context);
    if (!wants_gradient(context)) {
      pass.text.context = pass.text.context.to(net.compute.dtype);
    }
    return net.run(rows(x), pass, probe);
  };
  return probe.active() ? compute(0, x.size(0)) : by_image(x.size(0), {&x, &t, &context}, compute);
}

std::shared_ptr<const UnetText> Unet::prepare_text(const at::Tensor& context) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  if (context.dim() != 2 || context.size(0) < 1 || context.size(1) != net.config.context_dim) {
    throw Error(ErrorCode::InvalidArgument, "[unet] conditioning " + text(context.sizes()) +
                                                ": expected [tokens, " +
                                                std::to_string(net.config.context_dim) + "]");
  }
  const at::NoGradGuard no_gradients;
  const at::Tensor rounded = context.to(net.compute.device, net.compute.dtype);
  auto result = std::make_shared<UnetText>();
  result->tokens = context.size(0);
  net.for_stages([&](const Stage& stage) {
    if (stage.transformer) {
      for (const TransformerBlock& block : stage.transformer->blocks) {
        result->blocks.push_back(block.attn2.keys_values(rounded));
      }
    }
  });
  return result;
}

std::shared_ptr<const UnetTime> Unet::prepare_time(float t) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  const at::NoGradGuard no_gradients;
  const at::Tensor time =
      net.embed_time(at::full({1}, t).to(net.compute.device), {}).to(net.compute.dtype);
  auto result = std::make_shared<UnetTime>();
  net.for_stages([&](const Stage& stage) {
    if (stage.res) {
      result->blocks.push_back(stage.res->time(time));
    }
  });
  return result;
}

at::Tensor Unet::forward(const at::Tensor& x, const std::vector<UnetConditioning>& images) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  net.check_latent(x);
  PTRAVEL_CHECK(x.size(0) == static_cast<std::int64_t>(images.size()));
  const at::NoGradGuard no_gradients;
  return by_image(x.size(0), {&x}, [&](std::int64_t first, std::int64_t count) {
    Pass pass;
    for (std::int64_t i = first; i < first + count; ++i) {
      const UnetConditioning& image = images[static_cast<std::size_t>(i)];
      pass.times.push_back(image.time);
      pass.text.prepared.push_back(&image.text->blocks);
    }
    return net.run(x.narrow(0, first, count).to(net.compute.device), pass, {});
  });
}

at::Tensor Unet::Layers::embed_time(const at::Tensor& t, const BlockProbe& probe) const {
  const at::Tensor embedding = timestep_embedding(t, config.model_channels);
  const at::Tensor time = time2(ptravel::silu(time1(embedding)));
  probe("time_embed", time);
  return ptravel::silu(time);
}

at::Tensor Unet::Layers::run(const at::Tensor& x, const Pass& pass, const BlockProbe& probe) const {
  at::Tensor h = to_channels_last(x.to(at::kFloat));
  std::vector<at::Tensor> skips;
  for (const Stage& stage : inputs) {
    h = stage(h, pass, probe).to(compute.dtype);
    skips.push_back(h);
  }
  const BlockProbe middle_probe;
  for (std::size_t i = 0; i < middle.size(); ++i) {
    h = middle[i](h, pass, middle_probe);
    probe("middle_block." + std::to_string(i), h);
  }
  probe("middle_block", h);
  for (const Stage& stage : outputs) {
    const at::Tensor skip = std::move(skips.back());
    skips.pop_back();
    if (h.size(2) != skip.size(2) || h.size(3) != skip.size(3)) {
      h = resize_nearest(h, skip.size(2), skip.size(3));
    }
    h = stage({h, skip}, pass, probe);
  }
  at::Tensor out = out_norm.silu_then(out_conv, h, {.format = ResultFormat::Float32}).contiguous();
  probe("out", out);
  return out;
}

}  // namespace ptravel
