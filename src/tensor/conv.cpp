#include "tensor/conv.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/layout.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

at::Tensor conv_by_torch(const at::Tensor& x,
                         const at::Tensor& weight,
                         const at::Tensor& bias,
                         const cpu::ConvGeometry& geometry) {
  const std::int64_t before = geometry.pad_before;
  const std::int64_t after = geometry.pad_after;
  if (before == after) {
    return at::conv2d(x, weight, bias, geometry.stride, before);
  }
  return at::conv2d(at::constant_pad_nd(x, {before, after, before, after}), weight, bias,
                    geometry.stride);
}

}  // namespace

Convolution::Convolution(at::Tensor weight, at::Tensor bias, cpu::ConvGeometry geometry)
    : bias_(std::move(bias)),
      geometry_(geometry),
      out_channels_(weight.size(0)),
      kernel_size_(weight.size(2)) {
  PTRAVEL_CHECK(weight.dim() == 4 && weight.size(2) == weight.size(3) && bias_.defined());
  if (use_cpu_kernels({&weight}) && !weight.requires_grad()) {
    packed_ = std::make_shared<const cpu::PackedWeights>(weight.contiguous(), geometry);
  } else {
    weight_ = std::move(weight);
  }
}

at::Tensor Convolution::weight() const { return packed_ ? packed_->plain() : weight_; }

at::Tensor Convolution::by_torch(const at::Tensor& x, const ConvExtras& extras) const {
  at::Tensor out = conv_by_torch(x, weight(), bias_.to(x.scalar_type()), geometry_);
  if (extras.image_bias.defined()) {
    out = out + extras.image_bias.to(out.scalar_type()).unsqueeze(2).unsqueeze(3);
  }
  if (extras.residual.defined()) {
    out = out + extras.residual;
  }
  return extras.format == ResultFormat::Float32 ? out.to(at::kFloat) : out;
}

at::Tensor Convolution::by_image(const at::Tensor& x,
                                 const at::Tensor& bias,
                                 at::Tensor out,
                                 bool add_to_out) const {
  const at::Tensor weights = weight().to(at::kFloat);
  for (std::int64_t image = 0; image < x.size(0); ++image) {
    const at::Tensor image_bias = bias[bias.size(0) == 1 ? 0 : image];
    const at::Tensor result =
        conv_by_torch(x.narrow(0, image, 1).to(at::kFloat), weights, image_bias, geometry_);
    at::Tensor target = out.narrow(0, image, 1);
    target.copy_(add_to_out ? result + target : result);
  }
  return out;
}

at::Tensor Convolution::empty_result(const at::Tensor& x, const ConvExtras& extras) const {
  if (extras.residual.defined()) {
    PTRAVEL_CHECK(extras.format == ResultFormat::AsInput);
    return extras.residual.clone(at::MemoryFormat::ChannelsLast);
  }
  const std::int64_t padding = geometry_.pad_before + geometry_.pad_after;
  const auto side = [&](std::int64_t size) {
    return (size + padding - kernel_size_) / geometry_.stride + 1;
  };
  const auto type = extras.format == ResultFormat::Float32 ? at::kFloat : x.scalar_type();
  return at::empty({x.size(0), out_channels_, side(x.size(2)), side(x.size(3))},
                   x.options().dtype(type).memory_format(at::MemoryFormat::ChannelsLast));
}

at::Tensor Convolution::operator()(const at::Tensor& x, const ConvExtras& extras) const {
  const bool on_cpu = packed_ && use_cpu_kernels({&x, &extras.residual}) &&
                      !(extras.image_bias.defined() && wants_gradient(extras.image_bias));
  if (on_cpu) {
    at::Tensor bias = bias_.to(at::kFloat).reshape({1, -1});
    if (extras.image_bias.defined()) {
      bias = bias + extras.image_bias.to(at::kFloat);
    }
    at::Tensor out = empty_result(x, extras);
    const bool add_to_out = extras.residual.defined();
    bias = bias.contiguous();
    return packed_->run(to_channels_last(x), bias, out, add_to_out)
               ? out
               : by_image(x, bias, out, add_to_out);
  }
  return by_torch(x, extras);
}

}  // namespace ptravel
