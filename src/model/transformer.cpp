// The spatial transformer of latent diffusion (Rombach et al. 2022, "High-Resolution Image
// Synthesis with Latent Diffusion Models", section 3.3 and appendix E.2.1).

#include "model/transformer.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/attention.h"
#include "tensor/layout.h"

namespace ptravel {
CrossAttention::CrossAttention(const Weights& weights,
                               std::int64_t channels,
                               std::int64_t context_dim,
                               std::int64_t heads_in,
                               const Compute& compute)
    : heads(heads_in),
      to_q(weights.at("to_q"), channels, channels, compute, Linear::Bias::No),
      to_k(weights.at("to_k"), context_dim, channels, compute, Linear::Bias::No),
      to_v(weights.at("to_v"), context_dim, channels, compute, Linear::Bias::No),
      to_out(weights.at("to_out.0"), channels, channels, compute) {}

at::Tensor CrossAttention::operator()(const at::Tensor& x,
                                      const AttendedContext& context,
                                      const at::Tensor& residual,
                                      const at::Tensor& strengths) const {
  // A context that wants a gradient comes unrounded, and each use of it rounds its own copy: the
  // gradients of all uses are then added up unrounded.
  const auto rounded = [&](const at::Tensor& side) { return side.to(x.scalar_type()); };
  return to_out(attention(to_q(x, {}, strengths), to_k(rounded(context.keys), {}, strengths),
                          to_v(rounded(context.values), {}, strengths), heads),
                residual, strengths);
}

KeysValues CrossAttention::keys_values(const AttendedContext& context,
                                       const at::Tensor& strengths) const {
  const KeysAndValues made = mixable(context, strengths);
  return {made.keys, made.values, heads};
}

at::Tensor CrossAttention::operator()(const at::Tensor& x,
                                      const std::vector<const KeysValues*>& images,
                                      const at::Tensor& residual,
                                      const at::Tensor& strengths) const {
  return to_out(attention(to_q(x, {}, strengths), images), residual, strengths);
}

at::Tensor CrossAttention::operator()(const at::Tensor& x,
                                      const AttendedContext& context,
                                      const std::vector<std::optional<MixedImage>>& mixed,
                                      const at::Tensor& residual,
                                      const at::Tensor& strengths) const {
  PTRAVEL_CHECK(static_cast<std::size_t>(x.size(0)) == mixed.size());
  const at::Tensor q = to_q(x, {}, strengths);
  const at::Tensor k = to_k(context.keys, {}, strengths);
  const at::Tensor v = to_v(context.values, {}, strengths);
  const auto seen = [&](std::size_t image) {
    const auto i = static_cast<std::int64_t>(image);
    return KeysAndValues{k[i], v[i]};
  };
  std::vector<at::Tensor> results;
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    const at::Tensor queries = q[static_cast<std::int64_t>(i)];
    const KeysAndValues own = seen(i);
    results.push_back(mixed[i] ? mixed_attention(queries, own, seen(mixed[i]->from),
                                                 seen(mixed[i]->to), heads, mixed[i]->blend)
                               : attention(queries.unsqueeze(0), own.keys.unsqueeze(0),
                                           own.values.unsqueeze(0), heads)[0]);
  }
  return to_out(at::stack(results), residual, strengths);
}

at::Tensor CrossAttention::operator()(const at::Tensor& x,
                                      const std::vector<const KeysValues*>& images,
                                      const std::vector<std::optional<MixedImage>>& mixed,
                                      const at::Tensor& residual,
                                      const at::Tensor& strengths) const {
  PTRAVEL_CHECK(images.size() == mixed.size());
  const at::Tensor q = to_q(x, {}, strengths);
  const auto strengths_of = [&](std::size_t image) {
    return strengths.defined() ? strengths.narrow(0, static_cast<std::int64_t>(image), 1)
                               : strengths;
  };
  std::vector<at::Tensor> results;
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    const at::Tensor queries = q[static_cast<std::int64_t>(i)];
    results.push_back(
        mixed[i] ? mixed_attention(queries, mixable(mixed[i]->context, strengths_of(i)),
                                   mixable(mixed[i]->from_context, strengths_of(mixed[i]->from)),
                                   mixable(mixed[i]->to_context, strengths_of(mixed[i]->to)), heads,
                                   mixed[i]->blend)
                 : attention(queries.unsqueeze(0), {images[i]})[0]);
  }
  return to_out(at::stack(results), residual, strengths);
}

KeysAndValues CrossAttention::mixable(const AttendedContext& context,
                                      const at::Tensor& strengths) const {
  const auto rounded = [&](const at::Tensor& side) {
    return side.to(to_k.map.dtype()).unsqueeze(0);
  };
  return {to_k(rounded(context.keys), {}, strengths)[0],
          to_v(rounded(context.values), {}, strengths)[0]};
}

AttendedContext TextView::attended(const at::Tensor& given, at::ScalarType dtype) const {
  const std::int64_t width = given.size(-1);
  const bool any = std::ranges::any_of(
      hypernetworks, [width](const auto* networks) { return act_on(*networks, width); });
  if (!any) {
    return given;
  }
  const at::Tensor contexts = given.to(dtype);
  PTRAVEL_CHECK(hypernetworks.size() == static_cast<std::size_t>(contexts.size(0)));
  const bool all_same = std::ranges::all_of(
      hypernetworks, [&](const auto* networks) { return *networks == *hypernetworks.front(); });
  if (all_same) {
    return ptravel::attended(contexts, *hypernetworks.front());
  }
  std::vector<at::Tensor> keys, values;
  for (std::size_t i = 0; i < hypernetworks.size(); ++i) {
    const AttendedContext own =
        ptravel::attended(contexts.narrow(0, static_cast<std::int64_t>(i), 1), *hypernetworks[i]);
    keys.push_back(own.keys);
    values.push_back(own.values);
  }
  return {at::cat(keys), at::cat(values)};
}

FeedForward::FeedForward(const Weights& weights, std::int64_t channels, const Compute& compute)
    : proj(weights.at("net.0.proj"), channels, 8 * channels, compute),
      out(weights.at("net.2"), 4 * channels, channels, compute) {}

at::Tensor FeedForward::operator()(const at::Tensor& x,
                                   const at::Tensor& residual,
                                   const at::Tensor& strengths) const {
  return out(proj.gated(x, strengths), residual, strengths);
}

TransformerBlock::TransformerBlock(const Weights& weights,
                                   std::int64_t channels,
                                   std::int64_t heads,
                                   std::size_t place_in,
                                   const UnetConfig& config,
                                   const Compute& compute)
    : place(place_in),
      norm1(weights.at("norm1"), channels, compute),
      norm2(weights.at("norm2"), channels, compute),
      norm3(weights.at("norm3"), channels, compute),
      attn1(weights.at("attn1"), channels, channels, heads, compute),
      attn2(weights.at("attn2"), channels, config.context_dim, heads, compute),
      ff(weights.at("ff"), channels, compute) {}

at::Tensor TransformerBlock::operator()(const at::Tensor& x,
                                        const TextView& text,
                                        const BlockProbe& probe,
                                        const std::string& name) const {
  const at::Tensor normed1 = norm1(x);
  const AttendedContext pixels = text.attended(normed1, x.scalar_type());
  const at::Tensor attended_self = text.mixed.empty()
                                       ? attn1(normed1, pixels, x, text.strengths)
                                       : attn1(normed1, pixels, text.mixed, x, text.strengths);
  const at::Tensor normed2 = norm2(attended_self);
  const at::Tensor attended_text = attend_to_text(normed2, text, attended_self);
  const at::Tensor normed3 = norm3(attended_text);
  at::Tensor out = ff(normed3, attended_text, text.strengths);
  if (probe.active()) {
    probe(name + ".norm1", normed1);
    probe(name + ".attn1", attended_self - x);
    probe(name + ".norm2", normed2);
    probe(name + ".attn2", attended_text - attended_self);
    probe(name + ".norm3", normed3);
    probe(name + ".ff", out - attended_text);
    probe(name, out);
  }
  return out;
}

at::Tensor TransformerBlock::attend_to_text(const at::Tensor& x,
                                            const TextView& text,
                                            const at::Tensor& residual) const {
  if (text.prepared.empty()) {
    return attn2(x, text.attended(text.context, x.scalar_type()), residual, text.strengths);
  }
  std::vector<const KeysValues*> images;
  for (const std::vector<KeysValues>* blocks : text.prepared) {
    images.push_back(&blocks->at(place));
  }
  return text.mixed.empty() ? attn2(x, images, residual, text.strengths)
                            : attn2(x, images, text.mixed, residual, text.strengths);
}

SpatialTransformer::SpatialTransformer(const Weights& weights,
                                       std::int64_t channels,
                                       std::int64_t heads,
                                       std::int64_t depth,
                                       std::size_t first_place,
                                       const UnetConfig& config,
                                       const Compute& compute)
    : norm(weights.at("norm"), channels, {.groups = config.norm_groups, .eps = 1e-6}, compute) {
  if (heads < 1 || channels % heads != 0) {
    throw Error(ErrorCode::Unsupported, "[unet] " + std::to_string(channels) +
                                            " channels: expected a multiple of " +
                                            std::to_string(heads) + " attention heads");
  }
  const auto stored = config.linear_projection ? Linear::Stored::Matrix : Linear::Stored::Filter;
  proj_in = Linear(weights.at("proj_in"), channels, channels, compute, Linear::Bias::Yes, stored);
  proj_out = Linear(weights.at("proj_out"), channels, channels, compute, Linear::Bias::Yes, stored);
  for (std::int64_t i = 0; i < depth; ++i) {
    blocks.emplace_back(weights.at("transformer_blocks." + std::to_string(i)), channels, heads,
                        first_place + static_cast<std::size_t>(i), config, compute);
  }
}

at::Tensor SpatialTransformer::operator()(const at::Tensor& x,
                                          const TextView& text,
                                          const BlockProbe& probe) const {
  const auto picture = [&](const at::Tensor& tokens) {
    return to_picture(tokens, x.size(2), x.size(3));
  };
  at::Tensor tokens = to_tokens(norm(x));
  probe("norm", picture(tokens));
  tokens = proj_in(tokens, {}, text.strengths);
  probe("proj_in", picture(tokens));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    tokens = blocks[i](tokens, text, probe, "transformer_blocks." + std::to_string(i));
  }
  const at::Tensor out = proj_out(tokens, to_tokens(x), text.strengths);
  if (probe.active()) {
    probe("proj_out", picture(out) - x);
  }
  return picture(out);
}

}  // namespace ptravel
