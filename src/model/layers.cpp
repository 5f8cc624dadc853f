#include "model/layers.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/cuda/operators.h"
#include "tensor/layout.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

bool act(const std::shared_ptr<const SideBranches>& sides, const at::Tensor& strengths) {
  return sides && strengths.defined() && sides->act(strengths);
}

}  // namespace

Compute full_precision(const Compute& compute) { return {compute.device, at::kFloat}; }

Compute vector_precision(const Compute& compute) {
  const bool kernels = compute.device.is_cpu() || cuda::available();
  return kernels ? full_precision(compute) : compute;
}

Linear::Linear(const Weights& weights,
               std::int64_t in,
               std::int64_t out,
               const Compute& compute,
               Bias bias,
               Stored stored,
               std::optional<at::ScalarType> resting) {
  at::Tensor weight = stored == Stored::Filter
                          ? weights.load("weight", {out, in, 1, 1}, compute).reshape({out, in})
                          : weights.load("weight", {out, in}, compute);
  at::Tensor offset =
      bias == Bias::Yes ? weights.load("bias", {out}, vector_precision(compute)) : at::Tensor();
  map = LinearMap(std::move(weight), std::move(offset), resting);
  sides = SideBranches::of(weights, compute);
}

PixelLinear::PixelLinear(const Weights& weights,
                         const std::vector<std::int64_t>& in,
                         std::int64_t out,
                         const Compute& compute) {
  const std::int64_t all = std::accumulate(in.begin(), in.end(), std::int64_t{0});
  const at::Tensor weight = weights.load("weight", {out, all, 1, 1}, compute).reshape({out, all});
  const at::Tensor bias = weights.load("bias", {out}, vector_precision(compute));
  sides = SideBranches::of(weights, compute);
  if (in.size() == 1 || !use_cpu_kernels({&weight})) {
    maps.emplace_back(weight, bias);
    return;
  }
  std::int64_t first = 0;
  for (const std::int64_t width : in) {
    maps.emplace_back(weight.narrow(1, first, width).contiguous(),
                      first == 0 ? bias : at::Tensor());
    first += width;
  }
}

at::Tensor PixelLinear::operator()(at::TensorList parts, const at::Tensor& strengths) const {
  const at::Tensor& first = parts[0];
  const bool beside = act(sides, strengths);
  at::Tensor joined, sum;
  if (beside || parts.size() == 1) {
    joined = to_tokens(parts.size() == 1 ? first : at::cat(parts, 1));
  }
  if (beside) {  // The kernels for cards take what they add in their own format only.
    sum = sides->of_rows(joined, strengths, {},
                         first.is_cpu() ? ResultFormat::Float32 : ResultFormat::AsInput);
  }
  if (maps.size() == 1 && joined.defined()) {
    sum = maps[0](joined, sum);
  } else if (maps.size() == 1) {
    std::vector<at::Tensor> tokens;
    std::transform(parts.begin(), parts.end(), std::back_inserter(tokens), to_tokens);
    sum = maps[0].of_parts(tokens);
  } else {
    PTRAVEL_CHECK(maps.size() == parts.size());
    for (std::size_t i = 0; i < maps.size(); ++i) {
      const bool last = i + 1 == maps.size();
      sum = maps[i](to_tokens(parts[i]), sum, last ? ResultFormat::AsInput : ResultFormat::Float32);
    }
  }
  return to_picture(sum, first.size(2), first.size(3));
}

Conv2d::Conv2d(const Weights& weights,
               std::int64_t in,
               std::int64_t out,
               std::int64_t kernel_size,
               const Compute& compute,
               cpu::ConvGeometry geometry)
    : map(weights.load("weight", {out, in, kernel_size, kernel_size}, compute),
          weights.load("bias", {out}, vector_precision(compute)),
          geometry),
      sides(SideBranches::of(weights, compute, geometry)) {}

namespace {

/// What `convolve` makes with the filter and the extras that it is given, and side branches beside
/// it. Nobody holds the residual but the caller: the result may take its memory.
template <typename Convolve>
at::Tensor with_sides(const Convolve& convolve,
                      const Conv2d& layer,
                      const ConvExtras& extras,
                      const at::Tensor& strengths) {
  if (!act(layer.sides, strengths)) {
    return convolve(layer.map, extras);
  }
  const auto filtered = [&](const Convolution& filter) {
    return convolve(filter, ConvExtras{.format = ResultFormat::Float32, .wrap = extras.wrap});
  };
  if (extras.format == ResultFormat::Float32) {
    return convolve(layer.map, extras) +
           layer.sides->of_filtered(filtered, strengths, {}, ResultFormat::Float32);
  }
  ConvExtras own{.image_bias = extras.image_bias, .wrap = extras.wrap};
  own.residual =
      layer.sides->of_filtered(filtered, strengths, extras.residual, ResultFormat::AsInput);
  return convolve(layer.map, own);
}

}  // namespace

at::Tensor Conv2d::operator()(const at::Tensor& x, Wrap wrap, const at::Tensor& strengths) const {
  return with_sides(
      [&](const Convolution& filter, const ConvExtras& extras) { return filter(x, extras); }, *this,
      {.wrap = wrap}, strengths);
}

at::Tensor Conv2d::resized(const at::Tensor& x,
                           std::int64_t height,
                           std::int64_t width,
                           Wrap wrap,
                           const at::Tensor& strengths) const {
  if (!act(sides, strengths)) {
    return resize_then_convolve(x, height, width, map, wrap);
  }
  return (*this)(resize_nearest(x, height, width), wrap, strengths);
}

at::Tensor GroupNorm::silu_then(const Conv2d& conv,
                                at::TensorList parts,
                                const ConvExtras& extras,
                                const at::Tensor& strengths) const {
  const GroupNormStep norm = step(AfterNorm::Silu);
  std::vector<std::int64_t> sizes = parts[0].sizes().vec();
  sizes[1] = weight.numel();
  if (act(conv.sides, strengths) && !conv.map.wants_bands(sizes, parts[0])) {
    const at::Tensor normed = group_norm_of_parts(parts, norm);  // for both filters
    return with_sides(
        [&](const Convolution& filter, const ConvExtras& own) { return filter(normed, own); }, conv,
        extras, strengths);
  }
  return with_sides(
      [&](const Convolution& filter, const ConvExtras& own) {
        return norm_then_convolve(parts, norm, filter, own);
      },
      conv, extras, strengths);
}

Conv2d Conv2d::same(const Weights& weights,
                    std::int64_t in,
                    std::int64_t out,
                    const Compute& compute) {
  return Conv2d(weights, in, out, 3, compute, {.stride = 1, .pad_before = 1, .pad_after = 1});
}

GroupNorm::GroupNorm(const Weights& weights,
                     std::int64_t channels,
                     const GroupNormOptions& options_in,
                     const Compute& compute)
    : weight(weights.load("weight", {channels}, vector_precision(compute))),
      bias(weights.load("bias", {channels}, vector_precision(compute))),
      options(options_in) {
  if (options.groups < 1 || channels % options.groups != 0) {
    throw Error(ErrorCode::Unsupported, "[group_norm] " + std::to_string(channels) +
                                            " channels: expected a multiple of the " +
                                            std::to_string(options.groups) + " groups");
  }
}

LayerNorm::LayerNorm(const Weights& weights, std::int64_t width, const Compute& compute)
    : weight(weights.load("weight", {width}, vector_precision(compute))),
      bias(weights.load("bias", {width}, vector_precision(compute))) {}

}  // namespace ptravel
