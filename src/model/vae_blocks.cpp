#include "model/vae_blocks.h"

#include <ATen/ATen.h>

#include "tensor/attention.h"
#include "tensor/layout.h"

namespace ptravel {
namespace {

Linear pixelwise(const Weights& weights,
                 std::int64_t in,
                 std::int64_t out,
                 const Compute& compute) {
  return Linear(weights, in, out, compute, Linear::Bias::Yes, Linear::Stored::Filter);
}

}  // namespace

GroupNormOptions norm_options(const VaeConfig& config) {
  return {.groups = config.norm_groups, .eps = 1e-6};
}

VaeResBlock::VaeResBlock(const Weights& weights,
                         std::int64_t in,
                         std::int64_t out,
                         const VaeConfig& config,
                         const Compute& compute)
    : norm1(weights.at("norm1"), in, norm_options(config), compute),
      norm2(weights.at("norm2"), out, norm_options(config), compute),
      conv1(Conv2d::same(weights.at("conv1"), in, out, compute)),
      conv2(Conv2d::same(weights.at("conv2"), out, out, compute)) {
  if (in != out) {
    shortcut.emplace(weights.at("nin_shortcut"), std::vector{in}, out, compute);
  }
}

at::Tensor VaeResBlock::operator()(at::Tensor x, Wrap wrap) const {
  const at::Tensor h = norm1.silu_then(conv1, x, {.wrap = wrap});
  if (shortcut) {
    x = (*shortcut)(x);
  }
  return norm2.silu_then(conv2, h, {.residual = std::move(x), .wrap = wrap});
}

VaeAttention::VaeAttention(const Weights& weights,
                           std::int64_t channels,
                           const VaeConfig& config,
                           const Compute& compute)
    : norm(weights.at("norm"), channels, norm_options(config), compute),
      q(pixelwise(weights.at("q"), channels, channels, compute)),
      k(pixelwise(weights.at("k"), channels, channels, compute)),
      v(pixelwise(weights.at("v"), channels, channels, compute)),
      out(pixelwise(weights.at("proj_out"), channels, channels, compute)) {}

at::Tensor VaeAttention::operator()(const at::Tensor& x) const {
  const at::Tensor tokens = to_tokens(norm(x));
  const at::Tensor seen = ptravel::attention(q(tokens), k(tokens), v(tokens), 1);
  return to_picture(out(seen, to_tokens(x)), x.size(2), x.size(3));
}

VaeMiddle::VaeMiddle(const Weights& weights,
                     std::int64_t channels,
                     const VaeConfig& config,
                     const Compute& compute)
    : block1(weights.at("block_1"), channels, channels, config, compute),
      attention(weights.at("attn_1"), channels, config, compute),
      block2(weights.at("block_2"), channels, channels, config, compute) {}

at::Tensor VaeMiddle::operator()(at::Tensor x, Wrap wrap, const BlockProbe& probe) const {
  x = block1(std::move(x), wrap);
  probe("mid.block_1", x);
  x = attention(x);
  probe("mid.attn_1", x);
  x = block2(std::move(x), wrap);
  probe("mid.block_2", x);
  return x;
}

}  // namespace ptravel
