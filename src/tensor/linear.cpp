#include "tensor/linear.h"

#include <algorithm>
#include <iterator>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/activation.h"
#include "tensor/cuda/operators.h"
#include "tensor/path.h"
#include "tensor/saved_layer.h"

namespace ptravel {
namespace {

/// LibTorch's product for inference on a CPU without oneDNN: each image for itself, so that a
/// picture does not depend on how many were asked for together, and with one rounding at the end.
at::Tensor on_cpu_by_torch(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor wide = weight.to(at::kFloat);
  std::vector<at::Tensor> images;
  for (std::int64_t image = 0; image < x.size(0); ++image) {
    images.push_back(at::linear(x.narrow(0, image, 1).to(at::kFloat), wide, bias));
  }
  return at::cat(images, 0);
}

/// Products of more rows are made one piece after the other: what oneDNN's plans are compared on
/// (see plan_agreement.h) is as large as a product. As many rows as a picture of 512x512 has
/// pixels.
constexpr std::int64_t kMostRows = std::int64_t{1} << 18;

/// [N, rows, width], contiguous; a vector for each image is one row.
at::Tensor as_rows(const at::Tensor& x) { return (x.dim() == 2 ? x.unsqueeze(1) : x).contiguous(); }

}  // namespace

/// The CPU's product, differentiated with respect to everything but the weights. Keeps no tensor:
/// what it multiplies by is the weights.
struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x,
                            const c10::optional<at::Tensor>& residual,
                            const LinearMap& layer,
                            ResultFormat format) {
    context->saved_data["layer"] = SavedLayer<LinearMap>::pack(layer);
    context->saved_data["input"] = static_cast<std::int64_t>(x.scalar_type());
    if (residual) {
      context->saved_data["residual"] = static_cast<std::int64_t>(residual->scalar_type());
    }
    return layer.on_cpu(x, residual.value_or(at::Tensor()), format);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    auto& saved = context->saved_data;
    const auto grad_like = [&](const char* operand) {
      return grads[0].to(static_cast<at::ScalarType>(saved[operand].toInt()));
    };
    torch::autograd::variable_list result(4);
    if (context->needs_input_grad(0)) {
      result[0] = SavedLayer<LinearMap>::unpack(saved["layer"]).input_gradient(grad_like("input"));
    }
    if (saved.count("residual") > 0) {
      result[1] = grad_like("residual");
    }
    return result;
  }
};

LinearMap::LinearMap(at::Tensor weight, at::Tensor bias, std::optional<at::ScalarType> resting)
    : bias_(std::move(bias)),
      dtype_(weight.scalar_type()),
      in_features_(weight.size(1)),
      out_features_(weight.size(0)) {
  if (bias_.defined()) {
    kernel_bias_ = bias_.detach().to(at::kFloat).reshape({1, -1}).contiguous();
  }
  if (use_cpu_kernels({&weight}) && !weight.requires_grad()) {
    packed_ = std::make_shared<const cpu::PackedWeights>(weight.contiguous(), cpu::ConvGeometry{},
                                                         resting);
  } else {
    weight_ = std::move(weight);
  }
}

at::Tensor LinearMap::weight() const { return packed_ ? packed_->plain() : weight_; }

bool LinearMap::run_in_pieces(const at::Tensor& rows,
                              const at::Tensor& addend,
                              at::Tensor& out) const {
  const std::int64_t all = rows.size(1);
  for (std::int64_t first = 0; first < all; first += kMostRows) {
    const std::int64_t count = std::min(kMostRows, all - first);
    const auto piece = [&](const at::Tensor& x) {
      return x.defined() && count < all ? x.narrow(1, first, count) : x;
    };
    at::Tensor result = piece(out);
    if (!packed_->run(piece(rows), kernel_bias_, piece(addend), result)) {
      return false;  // There is no kernel for the first piece either.
    }
  }
  return true;
}

at::Tensor LinearMap::on_cpu(const at::Tensor& x,
                             const at::Tensor& residual,
                             ResultFormat format) const {
  const at::Tensor rows = as_rows(x);
  const auto type = format == ResultFormat::Float32 ? at::kFloat : x.scalar_type();
  at::Tensor out = at::empty({rows.size(0), rows.size(1), out_features_}, x.options().dtype(type));
  const at::Tensor addend =
      residual.defined() ? residual.reshape(out.sizes()).contiguous() : residual;
  if (run_in_pieces(rows, addend, out)) {
    return x.dim() == 2 ? out.squeeze(1) : out;
  }
  const at::Tensor wide =
      on_cpu_by_torch(x, weight(), bias_.defined() ? bias_.to(at::kFloat) : bias_);
  return (residual.defined() ? wide + residual : wide).to(type);
}

at::Tensor LinearMap::on_cuda(at::TensorList parts,
                              const at::Tensor& residual,
                              ResultFormat format) const {
  const bool fits = std::all_of(parts.begin(), parts.end(), [&](const at::Tensor& part) {
    return use_cuda_kernels({&part, &weight_, &residual});
  });
  if (packed_ || !fits || wants_gradient(bias_)) {
    return {};
  }
  const bool vectors = parts[0].dim() == 2;
  const auto as_tokens = [&](const at::Tensor& x) {
    return vectors && x.defined() ? x.unsqueeze(1) : x;
  };
  std::vector<at::Tensor> rows;
  std::transform(parts.begin(), parts.end(), std::back_inserter(rows), as_tokens);
  const at::Tensor result = cuda::multiply(
      rows, {weight_, kernel_bias_}, {{}, as_tokens(residual), format == ResultFormat::Float32});
  return vectors && result.defined() ? result.squeeze(1) : result;
}

at::Tensor LinearMap::gated_on_cuda(const at::Tensor& x) const {
  if (packed_ || x.dim() != 3 || !use_cuda_kernels({&x, &weight_}) || wants_gradient(bias_)) {
    return {};
  }
  const ProfileScope scope(
      "linear", 2.0 * static_cast<double>(x.numel() * out_features_),
      {x.size(0), x.numel() / x.size(0) / in_features_, in_features_, out_features_});
  return cuda::multiply_gated(x, {weight_, kernel_bias_});
}

at::Tensor LinearMap::gated(const at::Tensor& x) const {
  const at::Tensor made = gated_on_cuda(x);
  return made.defined() ? made : geglu((*this)(x));
}

at::Tensor LinearMap::of_parts(at::TensorList parts) const {
  const at::Tensor result = on_cuda(parts, {}, ResultFormat::AsInput);
  return result.defined() ? result : (*this)(at::cat(parts, 2));
}

at::Tensor LinearMap::operator()(const at::Tensor& x,
                                 const at::Tensor& residual,
                                 ResultFormat format) const {
  const ProfileScope scope(
      "linear", 2.0 * static_cast<double>(x.numel() * out_features_),
      {x.size(0), x.numel() / x.size(0) / in_features_, in_features_, out_features_});
  if (!packed_ || !fits_cpu_kernels(x) || wants_gradient(bias_)) {
    if (const at::Tensor made = on_cuda(x, residual, format); made.defined()) {
      return made;
    }
    const at::Tensor bias = bias_.defined() ? bias_.to(x.scalar_type()) : bias_;
    const at::Tensor result = at::linear(x, weight(), bias);
    const at::Tensor sum = residual.defined() ? result + residual : result;
    return sum.to(format == ResultFormat::Float32 ? at::kFloat : x.scalar_type());
  }
  return any_wants_gradient({&x, &residual})
             ? LinearFunction::apply(x, optional(residual), *this, format)
             : on_cpu(x, residual, format);
}

at::Tensor LinearMap::input_gradient(const at::Tensor& grad) const {
  PTRAVEL_CHECK(packed_ && grad.size(-1) == out_features_);
  const at::Tensor rows = as_rows(grad);
  at::Tensor out = at::empty({rows.size(0), rows.size(1), in_features_}, rows.options());
  if (!packed_->run_backward(rows, out)) {
    out = on_cpu_by_torch(rows, weight().t(), {}).to(grad.scalar_type());
  }
  return grad.dim() == 2 ? out.squeeze(1) : out;
}

}  // namespace ptravel
