#include "model/clip.h"

#include <algorithm>
#include <sstream>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/activation.h"
#include "tensor/attention.h"

namespace ptravel {
namespace {

/// Text encoders compute in fp32 and are used seldom: they rest in the 16 bits that most files hold
/// them in.
std::optional<at::ScalarType> resting_type(const Weights& weights, std::string_view name) {
  const auto stored = weights.dtype(name);
  return stored == at::kHalf || stored == at::kBFloat16 ? stored : std::nullopt;
}

Linear resting_linear(const Weights& weights,
                      std::int64_t in,
                      std::int64_t out,
                      const Compute& compute,
                      Linear::Bias bias = Linear::Bias::Yes) {
  return Linear(weights, in, out, compute, bias, Linear::Stored::Matrix,
                resting_type(weights, "weight"));
}

}  // namespace

ClipTextModel::Layer::Layer(const Weights& weights,
                            const ClipConfig& config,
                            const Compute& compute)
    : norm1(weights.at("layer_norm1"), config.width, compute),
      norm2(weights.at("layer_norm2"), config.width, compute),
      q(resting_linear(weights.at("self_attn.q_proj"), config.width, config.width, compute)),
      k(resting_linear(weights.at("self_attn.k_proj"), config.width, config.width, compute)),
      v(resting_linear(weights.at("self_attn.v_proj"), config.width, config.width, compute)),
      out(resting_linear(weights.at("self_attn.out_proj"), config.width, config.width, compute)),
      fc1(resting_linear(weights.at("mlp.fc1"), config.width, config.intermediate, compute)),
      fc2(resting_linear(weights.at("mlp.fc2"), config.intermediate, config.width, compute)) {}

at::Tensor ClipTextModel::Layer::operator()(const at::Tensor& x, const ClipConfig& config) const {
  const at::Tensor normed = norm1(x);
  const at::Tensor heads =
      attention(q(normed), k(normed), v(normed), config.num_heads, AttentionMask::Causal);
  const at::Tensor attended = out(heads, x);
  const at::Tensor hidden = fc1(norm2(attended));
  return fc2(config.quick_gelu ? quick_gelu(hidden) : ptravel::gelu(hidden), attended);
}

ClipTextModel::ClipTextModel(const Weights& weights,
                             const ClipConfig& config,
                             const Compute& compute)
    : config_(config), compute_(compute) {
  if (config.num_heads < 1 || config.width % config.num_heads != 0) {
    throw Error(ErrorCode::Unsupported, "[text encoder] width " + std::to_string(config.width) +
                                            ": expected a multiple of the " +
                                            std::to_string(config.num_heads) + " attention heads");
  }
  tokens_ =
      weights.load("embeddings.token_embedding.weight", {config.vocab_size, config.width}, compute);
  const auto resting = resting_type(weights, "embeddings.token_embedding.weight");
  if (resting && compute.device.is_cpu() && !tokens_.requires_grad()) {
    tokens_ = tokens_.to(*resting);
  }
  positions_ = weights.load("embeddings.position_embedding.weight",
                            {config.max_positions, config.width}, compute);
  weights.ignore("embeddings.position_ids");
  for (std::int64_t i = 0; i < config.num_layers; ++i) {
    layers_.emplace_back(weights.at("encoder.layers." + std::to_string(i)), config, compute);
  }
  final_norm_ = LayerNorm(weights.at("final_layer_norm"), config.width, compute);
  if (config.projection > 0) {
    projection_ = resting_linear(weights.at("text_projection"), config.width, config.projection,
                                 compute, Linear::Bias::No);
  }
}

void ClipTextModel::check(const at::Tensor& ids, std::int64_t clip_skip) const {
  if (ids.dim() != 2 || ids.scalar_type() != at::kLong || ids.size(0) < 1 || ids.size(1) < 1 ||
      ids.size(1) > config_.max_positions) {
    std::ostringstream sizes;
    sizes << ids.sizes() << " of " << ids.scalar_type();
    throw Error(ErrorCode::InvalidArgument, "[text encoder] ids " + sizes.str() +
                                                ": expected int64 [B, 1.." +
                                                std::to_string(config_.max_positions) + "]");
  }
  if (clip_skip < 1 || clip_skip > config_.num_layers) {
    throw Error(ErrorCode::InvalidArgument, "[text encoder] clip_skip " +
                                                std::to_string(clip_skip) + ": expected 1.." +
                                                std::to_string(config_.num_layers));
  }
  const auto smallest = ids.min().item<std::int64_t>();
  const auto largest = ids.max().item<std::int64_t>();
  if (smallest < 0 || largest >= config_.vocab_size) {
    throw Error(ErrorCode::InvalidArgument,
                "[text encoder] token id " + std::to_string(smallest < 0 ? smallest : largest) +
                    ": expected 0.." + std::to_string(config_.vocab_size - 1));
  }
}

at::Tensor ClipTextModel::embed_tokens(const at::Tensor& ids) const {
  check(ids, 1);
  return at::embedding(tokens_, ids.to(compute_.device)).to(at::kFloat);
}

/// `embedded`: [B, tokens, width].
at::Tensor ClipTextModel::with_vectors(at::Tensor embedded,
                                       const std::vector<ClipVectors>& vectors) const {
  if (vectors.empty()) {
    return embedded;
  }
  embedded = embedded.clone();
  for (const ClipVectors& one : vectors) {
    PTRAVEL_CHECK(one.text >= 0 && one.text < embedded.size(0) && one.place >= 0 &&
                  one.place < embedded.size(1));
    if (one.vectors.dim() != 2 || one.vectors.size(1) != config_.width) {
      throw Error(ErrorCode::InvalidArgument,
                  "[text encoder] an embedding's vectors: expected numbers of width " +
                      std::to_string(config_.width));
    }
    const std::int64_t count = std::min(one.vectors.size(0), embedded.size(1) - one.place);
    embedded[one.text].narrow(0, one.place, count).copy_(one.vectors.narrow(0, 0, count));
  }
  return embedded;
}

ClipText ClipTextModel::encode(const at::Tensor& ids,
                               std::int64_t asked_skip,
                               const BlockObserver& observer,
                               const std::vector<ClipVectors>& vectors) const {
  const auto profile = ProfileScope::part("text encoder");
  const std::int64_t clip_skip = config_.fixed_skip > 0 ? config_.fixed_skip : asked_skip;
  check(ids, clip_skip);
  const BlockProbe probe(observer);
  const at::Tensor embedded = at::embedding(tokens_, ids.to(compute_.device)).to(compute_.dtype);
  at::Tensor x =
      with_vectors(embedded, vectors) + positions_.narrow(0, 0, ids.size(1)).unsqueeze(0);
  probe("embeddings", x);
  ClipText text;
  const std::int64_t last = config_.num_layers - (clip_skip - 1);
  const std::int64_t needed = projection_ ? config_.num_layers : last;
  for (std::int64_t i = 0; i < needed; ++i) {
    x = layers_[static_cast<std::size_t>(i)](x, config_);
    probe("layer" + std::to_string(i), x);
    if (i + 1 == last) {
      text.tokens = (config_.final_norm ? final_norm_(x) : x).to(at::kFloat);
    }
  }
  if (projection_) {
    text.pooled = pool(last == needed && config_.final_norm ? text.tokens : final_norm_(x), ids);
    probe("pooled", text.pooled);
  }
  return text;
}

at::Tensor ClipTextModel::pool(const at::Tensor& states, const at::Tensor& ids) const {
  std::vector<at::Tensor> rows;
  const at::Tensor ends = ids.argmax(1).to(at::kCPU);  // The end token is the largest; the first.
  for (std::int64_t i = 0; i < ids.size(0); ++i) {
    rows.push_back(states[i][ends.data_ptr<std::int64_t>()[i]]);
  }
  return (*projection_)(at::stack(rows).to(compute_.dtype)).to(at::kFloat);
}

}  // namespace ptravel
