#include "model/unet_halves.h"

#include <sstream>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/layout.h"

namespace ptravel {
namespace {

/// `name` says what is added where, for the error.
at::Tensor sum(const at::Tensor& x, const at::Tensor& residual, const std::string& name) {
  if (x.sizes() != residual.sizes()) {
    std::ostringstream sizes;
    sizes << residual.sizes() << ": expected " << x.sizes();
    throw Error(ErrorCode::InvalidArgument, "[unet] " + name + " " + sizes.str());
  }
  return x + to_channels_last(residual.to(x.options()));
}

}  // namespace

UnetEncoder::UnetEncoder(UnetBlockBuilder& builder, const Compute& compute_in)
    : compute(compute_in), inputs(builder.inputs()), middle(builder.middle()) {}

EncodedLatent UnetEncoder::operator()(const at::Tensor& x,
                                      const UnetPass& pass,
                                      const BlockProbe& probe,
                                      const at::Tensor& hint) const {
  EncodedLatent encoded{to_channels_last(x.to(at::kFloat)), {}};
  for (const UnetBlock& block : inputs) {
    at::Tensor h = block(encoded.h, pass, probe);
    if (hint.defined() && encoded.skips.empty()) {
      h = sum(h, hint, "hint");
    }
    encoded.h = h.to(compute.dtype);
    encoded.skips.push_back(encoded.h);
  }
  const BlockProbe unwatched;
  for (const UnetBlock& block : middle) {
    encoded.h = block(encoded.h, pass, unwatched);
    probe(block.name, encoded.h);
  }
  probe("middle_block", encoded.h);
  return encoded;
}

UnetDecoder::UnetDecoder(UnetBlockBuilder& builder,
                         const Weights& weights,
                         const UnetConfig& config,
                         const Compute& compute)
    : outputs(builder.outputs()),
      out_norm(weights.at("out.0"), config.model_channels, unet_norm(config), compute),
      out_conv(
          Conv2d::same(weights.at("out.2"), config.model_channels, config.out_channels, compute)) {}

at::Tensor UnetDecoder::operator()(EncodedLatent encoded,
                                   const UnetPass& pass,
                                   const BlockProbe& probe) const {
  at::Tensor h = std::move(encoded.h);
  for (const UnetBlock& block : outputs) {
    const at::Tensor skip = std::move(encoded.skips.back());
    encoded.skips.pop_back();
    if (h.size(2) != skip.size(2) || h.size(3) != skip.size(3)) {
      h = resize_nearest(h, skip.size(2), skip.size(3));
    }
    h = block({h, skip}, pass, probe);
  }
  at::Tensor out = out_norm
                       .silu_then(out_conv, h, {.format = ResultFormat::Float32, .wrap = pass.wrap},
                                  pass.text.strengths)
                       .contiguous();
  probe("out", out);
  return out;
}

ControlResiduals ControlResiduals::narrow(std::int64_t first, std::int64_t count) const {
  ControlResiduals part;
  for (const at::Tensor& skip : skips) {
    part.skips.push_back(skip.narrow(0, first, count));
  }
  part.middle = middle.defined() ? middle.narrow(0, first, count) : at::Tensor();
  return part;
}

EncodedLatent with_residuals(EncodedLatent encoded, const ControlResiduals& residuals) {
  if (!residuals.skips.empty() && residuals.skips.size() != encoded.skips.size()) {
    throw Error(ErrorCode::InvalidArgument, "[unet] residuals: expected one for each of " +
                                                std::to_string(encoded.skips.size()) +
                                                " input blocks, got " +
                                                std::to_string(residuals.skips.size()));
  }
  for (std::size_t i = 0; i < residuals.skips.size(); ++i) {
    encoded.skips[i] =
        sum(encoded.skips[i], residuals.skips[i], "residual of input_blocks." + std::to_string(i));
  }
  if (residuals.middle.defined()) {
    encoded.h = sum(encoded.h, residuals.middle, "residual of middle_block");
  }
  return encoded;
}

}  // namespace ptravel
