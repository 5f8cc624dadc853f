// The blocks of the UNet of latent diffusion (Ho et al. 2020 with the changes of Dhariwal and
// Nichol 2021 and Rombach et al. 2022), with the block numbering of the public CompVis
// implementation, which its checkpoints' names follow.

#include "model/unet_blocks.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <ATen/ATen.h>

#include "tensor/activation.h"

namespace ptravel {
namespace {

std::int64_t time_width(const UnetConfig& config) { return 4 * config.model_channels; }

std::int64_t sum_of(const std::vector<std::int64_t>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
}

/// A view of a memory's numbers from `first` on, which it moves behind them.
at::Tensor next_like(const at::Tensor& like, const at::Tensor& memory, std::int64_t& first) {
  at::Tensor view = memory.narrow(0, first, like.numel()).view(like.sizes());
  first += like.numel();
  return view;
}

UnetBlock named_block(const std::string& list, std::size_t index) {
  UnetBlock block;
  block.name = list + "." + std::to_string(index);
  return block;
}

}  // namespace

UnetText UnetText::in_memory(const at::Tensor& other) const {
  UnetText copy{tokens, {}, context, other};
  std::int64_t first = 0;
  for (const KeysValues& block : blocks) {
    const at::Tensor keys = next_like(block.keys(), other, first);
    copy.blocks.emplace_back(keys, next_like(block.values(), other, first), block.heads());
  }
  return copy;
}

UnetTime UnetTime::in_memory(const at::Tensor& other) const {
  UnetTime copy{{}, other};
  std::int64_t first = 0;
  for (const at::Tensor& block : blocks) {
    copy.blocks.push_back(next_like(block, other, first));
  }
  return copy;
}

GroupNormOptions unet_norm(const UnetConfig& config) {
  return {.groups = config.norm_groups, .eps = 1e-5};
}

ResBlock::ResBlock(const Weights& weights,
                   const std::vector<std::int64_t>& parts,
                   std::int64_t out,
                   std::size_t place_in,
                   const UnetConfig& config,
                   const Compute& compute)
    : place(place_in),
      in_norm(weights.at("in_layers.0"), sum_of(parts), unet_norm(config), compute),
      in_conv(Conv2d::same(weights.at("in_layers.2"), sum_of(parts), out, compute)),
      time(weights.at("emb_layers.1"), time_width(config), out, compute),
      out_norm(weights.at("out_layers.0"), out, unet_norm(config), compute),
      out_conv(Conv2d::same(weights.at("out_layers.3"), out, out, compute)) {
  if (sum_of(parts) != out || parts.size() > 1) {
    skip.emplace(weights.at("skip_connection"), parts, out, compute);
  }
}

at::Tensor ResBlock::operator()(at::TensorList parts, const UnetPass& pass) const {
  const at::Tensor h = in_norm.silu_then(
      in_conv, parts, {.image_bias = time_bias(pass), .wrap = pass.wrap}, pass.text.strengths);
  at::Tensor residual = skip ? (*skip)(parts, pass.text.strengths) : parts[0];
  return out_norm.silu_then(out_conv, h, {.residual = std::move(residual), .wrap = pass.wrap},
                            pass.text.strengths);
}

at::Tensor ResBlock::time_bias(const UnetPass& pass) const {
  if (pass.times.empty()) {
    return time(pass.time_silu, {}, pass.text.strengths);
  }
  const bool same = std::all_of(pass.times.begin(), pass.times.end(),
                                [&](const auto& image) { return image == pass.times.front(); });
  if (same) {
    return pass.times.front()->blocks.at(place);
  }
  std::vector<at::Tensor> rows;
  for (const auto& image : pass.times) {
    rows.push_back(image->blocks.at(place));
  }
  return at::cat(rows);
}

at::Tensor UnetBlock::operator()(at::TensorList parts,
                                 const UnetPass& pass,
                                 const BlockProbe& probe) const {
  at::Tensor x = parts[0];
  int layer = 0;
  const auto next_name = [&] { return name + "." + std::to_string(layer++); };
  if (conv) {
    x = (*conv)(x, pass.wrap, pass.text.strengths);
  }
  if (res) {
    x = (*res)(parts, pass);
    probe(next_name(), x);
  }
  if (transformer) {
    const std::string layer_name = next_name();
    x = (*transformer)(x, pass.text, probe.inside(layer_name));
    probe(layer_name, x);
  }
  if (upsample) {
    x = upsample->resized(x, 2 * x.size(2), 2 * x.size(3), pass.wrap, pass.text.strengths);
    probe(next_name(), x);
  }
  probe(name, x);
  return x;
}

UnetBlockBuilder::UnetBlockBuilder(const Weights& weights,
                                   const UnetConfig& config,
                                   const Compute& compute)
    : weights_(weights), config_(config), compute_(compute), channels_(config.model_channels) {}

std::vector<UnetBlock> UnetBlockBuilder::inputs() {
  std::vector<UnetBlock> blocks;
  UnetBlock first = named_block("input_blocks", 0);
  // In full precision, which costs little here: a rounded latent would change every answer.
  first.conv =
      Conv2d::same(layer(first, 0), config_.in_channels, channels_, full_precision(compute_));
  finish_input(blocks, std::move(first));
  for (std::size_t level = 0; level < levels(); ++level) {
    for (std::int64_t i = 0; i < config_.num_res_blocks; ++i) {
      UnetBlock block = named_block("input_blocks", blocks.size());
      add_res(block, layer(block, 0), {channels_}, width(level));
      add_transformer(block, layer(block, 1), level, config_.transformer_depth.at(level));
      finish_input(blocks, std::move(block));
    }
    if (level + 1 < levels()) {
      UnetBlock block = named_block("input_blocks", blocks.size());
      block.conv = Conv2d(layer(block, 0).at("op"), channels_, channels_, 3, compute_,
                          {.stride = 2, .pad_before = 1, .pad_after = 1});
      finish_input(blocks, std::move(block));
    }
  }
  return blocks;
}

std::vector<UnetBlock> UnetBlockBuilder::middle() {
  std::vector<UnetBlock> blocks;
  for (std::size_t i = 0; i < 3; ++i) {
    blocks.push_back(named_block("middle_block", i));
  }
  const Weights weights = weights_.at("middle_block");
  add_res(blocks[0], weights.at("0"), {channels_}, channels_);
  add_transformer(blocks[1], weights.at("1"), levels() - 1, config_.middle_depth);
  add_res(blocks[2], weights.at("2"), {channels_}, channels_);
  return blocks;
}

std::vector<UnetBlock> UnetBlockBuilder::outputs() {
  std::vector<UnetBlock> blocks;
  std::vector<std::int64_t> skips = skip_channels_;
  for (std::size_t level = levels(); level-- > 0;) {
    for (std::int64_t i = 0; i <= config_.num_res_blocks; ++i) {
      UnetBlock block = named_block("output_blocks", blocks.size());
      add_res(block, layer(block, 0), {channels_, skips.back()}, width(level));
      skips.pop_back();
      const std::int64_t depth = config_.transformer_depth.at(level);
      add_transformer(block, layer(block, 1), level, depth);
      if (level > 0 && i == config_.num_res_blocks) {
        const Weights weights = layer(block, depth > 0 ? 2 : 1).at("conv");
        block.upsample = Conv2d::same(weights, channels_, channels_, compute_);
      }
      blocks.push_back(std::move(block));
    }
  }
  return blocks;
}

std::int64_t UnetBlockBuilder::width(std::size_t level) const {
  return config_.model_channels * config_.channel_mult[level];
}

Weights UnetBlockBuilder::layer(const UnetBlock& block, int number) const {
  return weights_.at(block.name + "." + std::to_string(number));
}

void UnetBlockBuilder::add_res(UnetBlock& block,
                               const Weights& weights,
                               const std::vector<std::int64_t>& parts,
                               std::int64_t out) {
  block.res.emplace(weights, parts, out, res_blocks_++, config_, compute_);
  channels_ = out;
}

void UnetBlockBuilder::add_transformer(UnetBlock& block,
                                       const Weights& weights,
                                       std::size_t level,
                                       std::int64_t depth) {
  if (depth > 0) {
    block.transformer.emplace(weights, channels_, config_.heads.at(level), depth,
                              transformer_blocks_, config_, compute_);
    transformer_blocks_ += static_cast<std::size_t>(depth);
  }
}

void UnetBlockBuilder::finish_input(std::vector<UnetBlock>& blocks, UnetBlock block) {
  blocks.push_back(std::move(block));
  skip_channels_.push_back(channels_);
}

at::Tensor timestep_embedding(const at::Tensor& t, std::int64_t width) {
  const std::int64_t half = width / 2;
  const auto options = t.options().dtype(at::kFloat);
  const at::Tensor frequencies =
      at::exp(at::arange(half, options) * static_cast<float>(-std::log(10000.0)) / half);
  const at::Tensor angles = t.to(at::kFloat).unsqueeze(1) * frequencies.unsqueeze(0);
  return at::cat({at::cos(angles), at::sin(angles)}, 1);
}

TimeEmbedding::TimeEmbedding(const Weights& weights,
                             const UnetConfig& config,
                             const Compute& compute)
    : frequencies(config.model_channels) {
  const Compute full = full_precision(compute);
  const std::int64_t width = time_width(config);
  time1 = Linear(weights.at("time_embed.0"), frequencies, width, full);
  time2 = Linear(weights.at("time_embed.2"), width, width, full);
  if (config.vector_dim > 0) {
    vector1.emplace(weights.at("label_emb.0.0"), config.vector_dim, width, full);
    vector2.emplace(weights.at("label_emb.0.2"), width, width, full);
  }
}

at::Tensor TimeEmbedding::operator()(const at::Tensor& t,
                                     const at::Tensor& vector,
                                     const BlockProbe& probe,
                                     const at::Tensor& strengths) const {
  const auto through = [&](const Linear& first, const Linear& second, const at::Tensor& x) {
    return second(ptravel::silu(first(x, {}, strengths)), {}, strengths);
  };
  at::Tensor time = through(time1, time2, timestep_embedding(t, frequencies));
  probe("time_embed", time);
  if (vector1) {
    const at::Tensor added = through(*vector1, *vector2, vector.to(at::kFloat));
    probe("label_emb", added);
    time = time + added;
  }
  return ptravel::silu(time);
}

}  // namespace ptravel
