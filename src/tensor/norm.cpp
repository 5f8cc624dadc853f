#include "tensor/norm.h"

#include <algorithm>

#include <torch/csrc/autograd/custom_function.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cuda/operators.h"
#include "tensor/group_norm_cpu.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

constexpr std::int64_t kElementsPerTask = 1 << 14;

/// Layer normalisation's gradients are summed in this many parts, whatever the number of threads.
constexpr std::int64_t kGradientParts = 16;

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor layer_norm_on_cpu(const at::Tensor& x,
                             const at::Tensor& weight,
                             const at::Tensor& bias,
                             double eps) {
  const std::int64_t width = x.size(-1);
  const at::Tensor input = x.contiguous();
  at::Tensor out = at::empty_like(input);
  const at::Tensor weights = weight.to(at::kFloat).contiguous();
  const at::Tensor biases = bias.to(at::kFloat).contiguous();
  const auto* from = static_cast<const char*>(input.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  const std::int64_t row_bytes = width * input.element_size();
  const std::int64_t grain = std::max<std::int64_t>(1, kElementsPerTask / width);
  cpu::parallel_ranges(input.numel() / width, grain, [&](std::int64_t begin, std::int64_t end) {
    cpu::kernels().layer_norm(element_of(input), from + begin * row_bytes, to + begin * row_bytes,
                              end - begin, width, weights.data_ptr<float>(),
                              biases.data_ptr<float>(), static_cast<float>(eps));
  });
  return out;
}

/// The gradients with respect to x, weight and bias; x and grad are contiguous.
variable_list layer_norm_gradients(const at::Tensor& x,
                                   const at::Tensor& grad,
                                   const at::Tensor& weight,
                                   double eps) {
  const std::int64_t width = x.size(-1);
  const std::int64_t rows = x.numel() / width;
  at::Tensor out = at::empty_like(x);
  at::Tensor sums = at::zeros({kGradientParts, 2, width}, at::kFloat);
  const at::Tensor weights = weight.to(at::kFloat).contiguous();
  const auto* from = static_cast<const char*>(x.data_ptr());
  const auto* gradient = static_cast<const char*>(grad.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  auto* sum = sums.data_ptr<float>();
  const std::int64_t row_bytes = width * x.element_size();
  cpu::parallel_ranges(kGradientParts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t first = rows * part / kGradientParts;
      const std::int64_t last = rows * (part + 1) / kGradientParts;
      cpu::kernels().layer_norm_gradient(
          element_of(x), from + first * row_bytes, gradient + first * row_bytes,
          to + first * row_bytes, last - first, width, weights.data_ptr<float>(),
          static_cast<float>(eps), sum + part * 2 * width, sum + part * 2 * width + width);
    }
  });
  const at::Tensor total = sums.sum(0);
  return {out, total[0].to(weight.scalar_type()), total[1].to(weight.scalar_type())};
}

struct LayerNormFunction : torch::autograd::Function<LayerNormFunction> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& x,
                            const at::Tensor& weight,
                            const at::Tensor& bias,
                            double eps) {
    const at::Tensor input = x.contiguous();
    context->save_for_backward({input, weight});
    context->saved_data["eps"] = eps;
    return layer_norm_on_cpu(input, weight, bias, eps);
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    variable_list result =
        layer_norm_gradients(saved[0], grads[0].to(saved[0].scalar_type()).contiguous(), saved[1],
                             context->saved_data["eps"].toDouble());
    result.emplace_back();
    return result;
  }
};

}  // namespace

at::Tensor group_norm(const at::Tensor& x,
                      std::int64_t groups,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps,
                      AfterNorm after) {
  PTRAVEL_CHECK(x.dim() == 4 && x.size(1) % groups == 0 && weight.numel() == x.size(1));
  const ProfileScope scope("group norm");
  if (use_cpu_kernels({&x}) && !wants_gradient(weight)) {
    return group_norm_on_cpu(x, weight, bias, {groups, eps, after});
  }
  if (fits_cpu_kernels(x)) {
    return differentiable_group_norm(x, weight, bias, {groups, eps, after});
  }
  if (use_cuda_kernels({&x}) && !any_wants_gradient({&weight, &bias})) {
    const at::Tensor made =
        cuda::group_norm(x, groups, weight, bias, eps, after == AfterNorm::Silu);
    if (made.defined()) {
      return made;
    }
  }
  const at::Tensor normal =
      at::group_norm(x, groups, weight.to(x.scalar_type()), bias.to(x.scalar_type()), eps);
  return after == AfterNorm::Silu ? at::silu(normal) : normal;
}

at::Tensor layer_norm(const at::Tensor& x,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps) {
  const ProfileScope scope("layer norm");
  if (use_cpu_kernels({&x}) && !wants_gradient(weight)) {
    return layer_norm_on_cpu(x, weight, bias, eps);
  }
  if (fits_cpu_kernels(x)) {
    return LayerNormFunction::apply(x, weight, bias, eps);
  }
  if (use_cuda_kernels({&x}) && !any_wants_gradient({&weight, &bias})) {
    if (const at::Tensor made = cuda::layer_norm(x, weight, bias, eps); made.defined()) {
      return made;
    }
  }
  return at::layer_norm(x, {x.size(-1)}, weight.to(x.scalar_type()), bias.to(x.scalar_type()), eps);
}

}  // namespace ptravel
