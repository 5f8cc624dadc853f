// Group normalisation with a backward of our own: LibTorch's takes several passes in its own memory
// layout, which on a CPU cost more than the convolutions around them.

#include <torch/csrc/autograd/custom_function.h>

#include "tensor/group_norm_cpu.h"
#include "tensor/layout.h"

namespace ptravel {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct GroupNormFunction : torch::autograd::Function<GroupNormFunction> {
  static Variable forward(AutogradContext* context,
                          const Variable& picture,
                          const Variable& weight,
                          const Variable& bias,
                          std::int64_t groups,
                          double eps,
                          bool silu) {
    const at::Tensor x = to_channels_last(picture);
    const auto after = silu ? AfterNorm::Silu : AfterNorm::Nothing;
    const GroupStatistics statistics = group_statistics(x, weight, bias, {groups, eps, after});
    context->save_for_backward({x, weight, statistics.factors, statistics.groups});
    context->saved_data["silu"] = silu;
    at::Tensor out = empty_picture(x, x.size(0), x.size(1), x.size(2), x.size(3));
    apply_group_norm(x, statistics.factors, after, out);
    return out;
  }

  /// With xhat = (x - mean) * rate and y = xhat * weight + bias:
  ///   dx = rate * (weight * dy - mean(weight * dy) - xhat * mean(weight * dy * xhat)).
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& factors = saved[2];
    const auto after = context->saved_data["silu"].toBool() ? AfterNorm::Silu : AfterNorm::Nothing;
    const at::Tensor grad = to_channels_last(grads[0].to(x.scalar_type()));
    const at::Tensor sums = group_norm_gradient_sums(x, grad, factors, after);

    const std::int64_t images = x.size(0);
    const std::int64_t groups = saved[3].size(1);
    const std::int64_t width = x.size(1) / groups;
    const at::Tensor weight = saved[1].to(at::kFloat).reshape({1, groups, width});
    const at::Tensor mean = saved[3].narrow(2, 0, 1);  // [N, groups, 1]
    const at::Tensor rate = saved[3].narrow(2, 1, 1);
    const at::Tensor dy = sums.select(1, 0).reshape({images, groups, width});
    const at::Tensor dy_xhat =
        (sums.select(1, 1).reshape({images, groups, width}) - mean * dy) * rate;

    const auto count = static_cast<double>(width * x.size(2) * x.size(3));
    const at::Tensor mean_dy = (weight * dy).sum(2, true) / count;
    const at::Tensor mean_dy_xhat = (weight * dy_xhat).sum(2, true) / count;
    const at::Tensor slope = -mean_dy_xhat * rate * rate;
    const at::Tensor offset = -mean_dy * rate - slope * mean;
    const at::Tensor terms =
        at::stack({slope, offset}, 1).expand({images, 2, groups, width}).reshape({images, 2, -1});
    return {group_norm_gradient(x, grad, factors, terms.contiguous(), after),
            dy_xhat.sum(0).reshape({-1}).to(saved[1].scalar_type()),
            dy.sum(0).reshape({-1}).to(saved[1].scalar_type()),
            Variable(),
            Variable(),
            Variable()};
  }
};

}  // namespace

at::Tensor differentiable_group_norm(const at::Tensor& x,
                                     const at::Tensor& weight,
                                     const at::Tensor& bias,
                                     const GroupNormRun& run) {
  return GroupNormFunction::apply(x, weight, bias, run.groups, run.eps,
                                  run.after == AfterNorm::Silu);
}

}  // namespace ptravel
