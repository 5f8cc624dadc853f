#include "tensor/conv.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "ptravel/error.h"
#include "tensor/cuda/operators.h"
#include "tensor/layout.h"
#include "tensor/path.h"
#include "tensor/saved_layer.h"

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

/// The gradient with respect to x, of the given sizes, by LibTorch's operators.
at::Tensor gradient_by_torch(const at::Tensor& grad,
                             const at::Tensor& weight,
                             at::IntArrayRef x_sizes,
                             const cpu::ConvGeometry& geometry) {
  const std::int64_t border = geometry.pad_before + geometry.pad_after;
  const at::Tensor padded =
      at::empty({x_sizes[0], x_sizes[1], x_sizes[2] + border, x_sizes[3] + border}, grad.options());
  const std::vector<std::int64_t> strides(2, geometry.stride), none(2, 0), dense(2, 1);
  const at::Tensor result = std::get<0>(at::convolution_backward(
      grad, padded, weight, /*bias_sizes=*/c10::nullopt, strides, none, dense, /*transposed=*/false,
      none, /*groups=*/1, {true, false, false}));
  return result.narrow(2, geometry.pad_before, x_sizes[2])
      .narrow(3, geometry.pad_before, x_sizes[3]);
}

/// A band of rows takes about this much memory: much less than a large picture, enough for the
/// overlap of bands to cost little.
constexpr std::int64_t kBandBytes = std::int64_t{8} << 20;
constexpr std::int64_t kLeastBandRows = 8;

/// Rows of a band of pictures of these sizes. Does not depend on the machine.
std::int64_t band_rows(at::IntArrayRef sizes, std::int64_t element_bytes) {
  const std::int64_t rows = kBandBytes / (sizes[1] * sizes[3] * element_bytes);
  return std::max(rows, kLeastBandRows);
}

}  // namespace

/// The CPU's convolution, differentiated with respect to everything but the weights. Keeps nothing
/// but sizes: what it multiplies by is the weights.
struct ConvolutionFunction : torch::autograd::Function<ConvolutionFunction> {
  using OptionalTensor = c10::optional<at::Tensor>;

  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x,
                            const OptionalTensor& residual,
                            const OptionalTensor& image_bias,
                            const Convolution& layer,
                            ResultFormat format,
                            cpu::Border border) {
    context->saved_data["layer"] = SavedLayer<Convolution>::pack(layer);
    context->saved_data["sizes"] = x.sizes().vec();
    context->saved_data["border"] = static_cast<std::int64_t>(border);
    context->saved_data["format"] = static_cast<std::int64_t>(x.scalar_type());
    context->saved_data["residual"] = residual.has_value();
    context->saved_data["image_bias"] = image_bias.has_value();
    return layer.on_cpu(
        x, {image_bias.value_or(at::Tensor()), residual.value_or(at::Tensor()), format}, border);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    auto& saved = context->saved_data;
    const auto type = static_cast<at::ScalarType>(saved["format"].toInt());
    const at::Tensor grad = to_channels_last(grads[0].to(type));
    torch::autograd::variable_list result(6);
    if (context->needs_input_grad(0)) {
      const Convolution layer = SavedLayer<Convolution>::unpack(saved["layer"]);
      result[0] = layer.input_gradient(grad, saved["sizes"].toIntVector(),
                                       static_cast<cpu::Border>(saved["border"].toInt()));
    }
    if (saved["residual"].toBool()) {
      result[1] = grad;
    }
    if (saved["image_bias"].toBool()) {
      result[2] = grad.sum({2, 3}, /*keepdim=*/false, at::kFloat);
    }
    return result;
  }
};

Convolution::Convolution(at::Tensor weight, at::Tensor bias, cpu::ConvGeometry geometry)
    : bias_(std::move(bias)),
      geometry_(geometry),
      in_channels_(weight.size(1)),
      out_channels_(weight.size(0)),
      kernel_size_(weight.size(2)) {
  PTRAVEL_CHECK(weight.dim() == 4 && weight.size(2) == weight.size(3) && bias_.defined());
  if (use_cpu_kernels({&weight}) && !weight.requires_grad()) {
    packed_ = std::make_shared<const cpu::PackedWeights>(weight.contiguous(), geometry);
  } else if (weight.requires_grad()) {
    weight_ = std::move(weight);  // the parameter itself
  } else {
    // Like the pictures that it meets: cuDNN would lay it out so again in every call.
    weight_ = weight.contiguous(at::MemoryFormat::ChannelsLast);
  }
}

at::Tensor Convolution::weight() const { return packed_ ? packed_->plain() : weight_; }

at::Tensor Convolution::by_torch(const at::Tensor& x,
                                 const ConvExtras& extras,
                                 cpu::Border border) const {
  at::Tensor out = conv_by_torch(x, weight(), bias_.to(x.scalar_type()), geometry(border));
  if (extras.image_bias.defined()) {
    out = out + extras.image_bias.to(out.scalar_type()).unsqueeze(2).unsqueeze(3);
  }
  if (extras.residual.defined()) {
    out = out + extras.residual;
  }
  return extras.format == ResultFormat::Float32 ? out.to(at::kFloat) : out;
}

at::Tensor Convolution::on_cuda(const at::Tensor& x,
                                const ConvExtras& extras,
                                bool doubled,
                                cpu::Border border) const {
  const bool narrow = cuda::available() && x.is_cuda() && x.scalar_type() == at::kFloat &&
                      weight_.scalar_type() == at::kFloat && !extras.residual.defined() &&
                      in_channels_ < cuda::kNarrowChannels;
  if (packed_ || any_wants_gradient({&x, &weight_, &bias_, &extras.image_bias}) ||
      !(narrow || use_cuda_kernels({&x, &weight_, &extras.residual}))) {
    return {};
  }
  const auto [stride, before, after] = geometry(border);
  return cuda::convolve(
      {x}, {weight_, bias_, kernel_size_, stride, before, after},
      {extras.image_bias, extras.residual, extras.format == ResultFormat::Float32}, doubled);
}

at::Tensor Convolution::of_doubled(const at::Tensor& x) const {
  const ProfileScope scope = measure({x.size(0), x.size(1), 2 * x.size(2), 2 * x.size(3)});
  return on_cuda(x, {}, /*doubled=*/true);
}

at::Tensor Convolution::on_cpu_by_torch(const at::Tensor& x,
                                        const at::Tensor& bias,
                                        const at::Tensor& residual,
                                        at::Tensor out,
                                        cpu::Border border) const {
  const at::Tensor weights = weight().to(at::kFloat);
  for (std::int64_t image = 0; image < x.size(0); ++image) {
    const at::Tensor image_bias = bias[bias.size(0) == 1 ? 0 : image];
    at::Tensor result =
        conv_by_torch(x.narrow(0, image, 1).to(at::kFloat), weights, image_bias, geometry(border));
    if (border == cpu::Border::RowsGiven) {
      result = result.narrow(2, geometry_.pad_before, out.size(2));
    }
    at::Tensor target = out.narrow(0, image, 1);
    target.copy_(residual.defined() ? result + residual.narrow(0, image, 1) : result);
  }
  return out;
}

at::Tensor Convolution::empty_result(at::IntArrayRef x_sizes,
                                     const at::TensorOptions& like,
                                     const ConvExtras& extras,
                                     cpu::Border border) const {
  if (extras.residual.defined()) {
    PTRAVEL_CHECK(extras.format == ResultFormat::AsInput);
    const bool unseen =
        extras.residual.use_count() == 1 && extras.residual.storage().use_count() == 1;
    if (unseen && extras.residual.is_contiguous(at::MemoryFormat::ChannelsLast)) {
      return extras.residual;
    }
  }
  return at::empty(
      {x_sizes[0], out_channels_, out_side(x_sizes[2], border), out_side(x_sizes[3], border)},
      (extras.format == ResultFormat::Float32 ? like.dtype(at::kFloat) : like)
          .memory_format(at::MemoryFormat::ChannelsLast));
}

cpu::ConvGeometry Convolution::geometry(cpu::Border border) const {
  return border == cpu::Border::Given ? cpu::ConvGeometry{geometry_.stride, 0, 0} : geometry_;
}

std::int64_t Convolution::out_side(std::int64_t in_side, cpu::Border border) const {
  const auto [stride, before, after] = geometry(border);
  return (in_side + before + after - kernel_size_) / stride + 1;
}

at::Tensor Convolution::bias_rows(const ConvExtras& extras) const {
  at::Tensor bias = bias_.to(at::kFloat).reshape({1, -1});
  if (extras.image_bias.defined()) {
    bias = bias + extras.image_bias.to(at::kFloat);
  }
  return bias.contiguous();
}

at::Tensor Convolution::on_cpu(const at::Tensor& x,
                               const ConvExtras& extras,
                               cpu::Border border) const {
  const at::Tensor bias = bias_rows(extras);
  at::Tensor out = empty_result(x.sizes(), x.options(), extras, border);
  return packed_->run(to_channels_last(x), bias, extras.residual, out, border)
             ? out
             : on_cpu_by_torch(x, bias, extras.residual, out, border);
}

ProfileScope Convolution::measure(at::IntArrayRef x_sizes) const {
  const std::int64_t height = out_side(x_sizes[2]), width = out_side(x_sizes[3]);
  const auto products = static_cast<double>(x_sizes[0] * height * width) *
                        static_cast<double>(in_channels_ * out_channels_);
  return ProfileScope(
      "convolution", 2.0 * products * static_cast<double>(kernel_size_ * kernel_size_),
      {x_sizes[0], in_channels_, out_channels_, kernel_size_, geometry_.stride, height, width});
}

bool Convolution::wants_bands(at::IntArrayRef sizes, const at::Tensor& like) const {
  const bool keeps_size =
      geometry_.stride == 1 && geometry_.pad_before + geometry_.pad_after == kernel_size_ - 1;
  return packed_ && keeps_size && use_cpu_kernels({&like}) && !wants_gradient(bias_) &&
         band_rows(sizes, like.element_size()) < sizes[2];
}

at::Tensor Convolution::over_bands(at::IntArrayRef sizes,
                                   at::ScalarType type,
                                   const RowSource& source,
                                   const ConvExtras& extras) const {
  PTRAVEL_CHECK(packed_ && sizes.size() == 4 && sizes[1] == in_channels_);
  const ProfileScope scope = measure(sizes);
  const auto options = at::TensorOptions(type).memory_format(at::MemoryFormat::ChannelsLast);
  const at::Tensor bias = bias_rows(extras);
  at::Tensor out = empty_result(sizes, at::TensorOptions(type), extras);
  const Wrap wrap = own_wrap(extras);
  const cpu::Border given = wrap.across ? cpu::Border::Given : cpu::Border::RowsGiven;
  const std::int64_t above = geometry_.pad_before;
  const std::int64_t border = above + geometry_.pad_after;
  const std::int64_t band = band_rows(sizes, static_cast<std::int64_t>(c10::elementSize(type)));
  at::Tensor memory = at::empty({1, in_channels_, band + border, sizes[3]}, options);
  at::Tensor wider;  // with columns of the other edges
  if (wrap.across) {
    wider = at::empty({1, in_channels_, band + border, sizes[3] + 2 * above}, options);
  }
  for (std::int64_t image = 0; image < sizes[0]; ++image) {
    const at::Tensor image_bias = bias.narrow(0, bias.size(0) == 1 ? 0 : image, 1);
    for (std::int64_t first = 0; first < sizes[2]; first += band) {
      const std::int64_t rows = std::min(band, sizes[2] - first);
      at::Tensor x = memory.narrow(2, 0, rows + border);
      const auto make = [&](std::int64_t at, std::int64_t count, std::int64_t row) {
        at::Tensor made = x.narrow(2, at, count);
        source(image, row, made);
      };
      const auto make_outside = [&](std::int64_t at, std::int64_t count, std::int64_t row) {
        if (wrap.down && count > 0) {
          make(at, count, row);
        } else {
          x.narrow(2, at, count).zero_();
        }
      };
      // Rows of x outside of the picture are zero, or those of its other edge.
      const std::int64_t begin = std::max<std::int64_t>(0, above - first);
      const std::int64_t end = std::min(rows + border, sizes[2] + above - first);
      make_outside(0, begin, sizes[2] - begin);
      make_outside(end, rows + border - end, 0);
      make(begin, end - begin, first + begin - above);
      if (wrap.across) {
        at::Tensor bordered = wider.narrow(2, 0, rows + border);
        write_with_border(x, 0, above, wrap, bordered);
        x = bordered;
      }
      const auto part = [&](const at::Tensor& all) {
        return all.narrow(0, image, 1).narrow(2, first, rows);
      };
      at::Tensor target = part(out);
      const at::Tensor residual =
          extras.residual.defined() ? part(extras.residual) : extras.residual;
      if (!packed_->run(x, image_bias, residual, target, given)) {
        on_cpu_by_torch(x, image_bias, residual, target, given);
      }
    }
  }
  return out;
}

at::Tensor Convolution::operator()(const at::Tensor& x, const ConvExtras& extras) const {
  const ProfileScope scope = measure(x.sizes());
  const Wrap wrap = own_wrap(extras);
  const cpu::Border border = wrap.any() ? cpu::Border::Given : cpu::Border::Padded;
  const at::Tensor seen =
      wrap.any() ? with_border(x, geometry_.pad_before, geometry_.pad_before, wrap) : x;
  if (!packed_ || !fit_cpu_kernels({&x, &extras.residual}) || wants_gradient(bias_)) {
    const at::Tensor result = on_cuda(seen, extras, /*doubled=*/false, border);
    return result.defined() ? result : by_torch(seen, extras, border);
  }
  if (!any_wants_gradient({&x, &extras.residual, &extras.image_bias})) {
    return on_cpu(seen, extras, border);
  }
  return ConvolutionFunction::apply(seen, optional(extras.residual), optional(extras.image_bias),
                                    *this, extras.format, border);
}

at::Tensor Convolution::input_gradient(const at::Tensor& grad,
                                       at::IntArrayRef x_sizes,
                                       cpu::Border border) const {
  PTRAVEL_CHECK(packed_ && x_sizes.size() == 4 && x_sizes[1] == in_channels_);
  const at::Tensor gradient = to_channels_last(grad);
  at::Tensor out = empty_picture(gradient, x_sizes[0], x_sizes[1], x_sizes[2], x_sizes[3]);
  if (packed_->run_backward(gradient, out, border)) {
    return out;
  }
  const at::Tensor weights = weight().to(at::kFloat);
  for (std::int64_t image = 0; image < x_sizes[0]; ++image) {
    const std::vector<std::int64_t> sizes = {1, x_sizes[1], x_sizes[2], x_sizes[3]};
    out.narrow(0, image, 1)
        .copy_(gradient_by_torch(gradient.narrow(0, image, 1).to(at::kFloat), weights, sizes,
                                 geometry(border)));
  }
  return out;
}

}  // namespace ptravel
