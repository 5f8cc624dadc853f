#include "tensor/linear.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

/// LibTorch's product for inference on a CPU without fast kernels: image by image, so that a
/// picture does not depend on how many were asked for together, and with one rounding at the end.
at::Tensor linear_by_image(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor wide = weight.to(at::kFloat);
  std::vector<at::Tensor> images;
  for (std::int64_t image = 0; image < x.size(0); ++image) {
    images.push_back(at::linear(x.narrow(0, image, 1).to(at::kFloat), wide, bias));
  }
  return at::cat(images, 0);
}

}  // namespace

LinearMap::LinearMap(at::Tensor weight, at::Tensor bias)
    : bias_(std::move(bias)), out_features_(weight.size(0)) {
  if (bias_.defined()) {
    kernel_bias_ = bias_.detach().to(at::kFloat).reshape({1, -1}).contiguous();
  }
  if (use_cpu_kernels({&weight}) && !weight.requires_grad()) {
    packed_ = std::make_shared<const cpu::PackedWeights>(weight.contiguous());
  } else {
    weight_ = std::move(weight);
  }
}

at::Tensor LinearMap::weight() const { return packed_ ? packed_->plain() : weight_; }

at::Tensor LinearMap::operator()(const at::Tensor& x, const at::Tensor& residual) const {
  const bool on_cpu = packed_ && use_cpu_kernels({&x, &residual});
  if (on_cpu) {
    const at::Tensor rows = (x.dim() == 2 ? x.unsqueeze(1) : x).contiguous();
    at::Tensor out = residual.defined()
                         ? residual.reshape({rows.size(0), rows.size(1), out_features_})
                               .clone(at::MemoryFormat::Contiguous)
                         : at::empty({rows.size(0), rows.size(1), out_features_}, x.options());
    if (packed_->run(rows, kernel_bias_, out, residual.defined())) {
      return x.dim() == 2 ? out.squeeze(1) : out;
    }
  }
  if (on_cpu) {
    const at::Tensor wide =
        linear_by_image(x, weight(), bias_.defined() ? bias_.to(at::kFloat) : bias_);
    return (residual.defined() ? wide + residual : wide).to(x.scalar_type());
  }
  const at::Tensor bias = bias_.defined() ? bias_.to(x.scalar_type()) : bias_;
  const at::Tensor result = at::linear(x, weight(), bias);
  return residual.defined() ? result + residual : result;
}

}  // namespace ptravel
