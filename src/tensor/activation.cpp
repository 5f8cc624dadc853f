#include "tensor/activation.h"

#include <torch/csrc/autograd/custom_function.h>

#include "base/profile_scope.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cuda/operators.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

constexpr std::int64_t kElementsPerTask = 1 << 14;

at::Tensor unary(cpu::UnaryFunction function, const at::Tensor& x) {
  const at::Tensor input = x.is_non_overlapping_and_dense() ? x : x.contiguous();
  at::Tensor out = at::empty_like(input);
  const auto element = element_of(input);
  const auto size = input.element_size();
  const auto* from = static_cast<const char*>(input.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  cpu::parallel_ranges(input.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
    cpu::kernels().unary(element, function, from + begin * size, to + begin * size, end - begin);
  });
  return out;
}

at::Tensor unary_gradient(cpu::UnaryFunction function,
                          const at::Tensor& x,
                          const at::Tensor& grad) {
  at::Tensor out = at::empty_like(x);
  const auto element = element_of(x);
  const auto size = x.element_size();
  const auto* from = static_cast<const char*>(x.data_ptr());
  const auto* gradient = static_cast<const char*>(grad.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  cpu::parallel_ranges(x.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
    cpu::kernels().unary_gradient(element, function, from + begin * size, gradient + begin * size,
                                  to + begin * size, end - begin);
  });
  return out;
}

/// LibTorch's activations are slow in bf16 on a CPU, their gradients more so.
struct UnaryFunctionNode : torch::autograd::Function<UnaryFunctionNode> {
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x,
                            std::int64_t function) {
    const at::Tensor input = x.is_non_overlapping_and_dense() ? x : x.contiguous();
    context->save_for_backward({input});
    context->saved_data["function"] = function;
    return unary(static_cast<cpu::UnaryFunction>(function), input);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    const at::Tensor x = context->get_saved_variables()[0];
    // Both must lie in memory alike, as the loop goes over it in order.
    at::Tensor grad = at::empty_like(x);
    grad.copy_(grads[0]);
    const auto function = static_cast<cpu::UnaryFunction>(context->saved_data["function"].toInt());
    return {unary_gradient(function, x, grad), at::Tensor()};
  }
};

at::Tensor activate(cpu::UnaryFunction function, const at::Tensor& x) {
  const ProfileScope scope("activation");
  return use_cpu_kernels({&x}) ? unary(function, x)
                               : UnaryFunctionNode::apply(x, static_cast<std::int64_t>(function));
}

at::Tensor geglu_on_cpu(const at::Tensor& x) {
  const std::int64_t width = x.size(-1) / 2;
  const at::Tensor input = x.contiguous();
  auto sizes = input.sizes().vec();
  sizes.back() = width;
  at::Tensor out = at::empty(sizes, input.options());
  const auto element = element_of(input);
  const auto row_bytes = width * input.element_size();
  const auto* from = static_cast<const char*>(input.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementsPerTask / std::max<std::int64_t>(1, width));
  cpu::parallel_ranges(out.numel() / width, grain, [&](std::int64_t begin, std::int64_t end) {
    cpu::kernels().geglu(element, from + begin * 2 * row_bytes, to + begin * row_bytes, end - begin,
                         width);
  });
  return out;
}

at::Tensor geglu_gradient(const at::Tensor& x, const at::Tensor& grad) {
  const std::int64_t width = x.size(-1) / 2;
  at::Tensor out = at::empty_like(x);
  const auto element = element_of(x);
  const auto row_bytes = width * x.element_size();
  const auto* from = static_cast<const char*>(x.data_ptr());
  const auto* gradient = static_cast<const char*>(grad.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementsPerTask / std::max<std::int64_t>(1, width));
  cpu::parallel_ranges(grad.numel() / width, grain, [&](std::int64_t begin, std::int64_t end) {
    cpu::kernels().geglu_gradient(element, from + begin * 2 * row_bytes,
                                  gradient + begin * row_bytes, to + begin * 2 * row_bytes,
                                  end - begin, width);
  });
  return out;
}

/// GEGLU in one pass forward and one backward; LibTorch's operators take ten on a CPU.
struct GegluFunction : torch::autograd::Function<GegluFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x) {
    const at::Tensor input = x.contiguous();
    context->save_for_backward({input});
    return geglu_on_cpu(input);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    const at::Tensor x = context->get_saved_variables()[0];
    return {geglu_gradient(x, grads[0].to(x.scalar_type()).contiguous())};
  }
};

}  // namespace

at::Tensor silu(const at::Tensor& x) {
  return fits_cpu_kernels(x) ? activate(cpu::UnaryFunction::Silu, x) : at::silu(x);
}

at::Tensor quick_gelu(const at::Tensor& x) {
  return fits_cpu_kernels(x) ? activate(cpu::UnaryFunction::QuickGelu, x)
                             : x * at::sigmoid(x * 1.702);
}

at::Tensor gelu(const at::Tensor& x) {
  return fits_cpu_kernels(x) ? activate(cpu::UnaryFunction::Gelu, x) : at::gelu(x);
}

at::Tensor geglu(const at::Tensor& x) {
  const ProfileScope scope("geglu");
  if (use_cpu_kernels({&x})) {
    return geglu_on_cpu(x);
  }
  if (fits_cpu_kernels(x)) {
    return GegluFunction::apply(x);
  }
  if (use_cuda_kernels({&x})) {
    if (const at::Tensor made = cuda::geglu(x); made.defined()) {
      return made;
    }
  }
  const std::int64_t width = x.size(-1) / 2;
  return x.narrow(-1, 0, width) * at::gelu(x.narrow(-1, width, width));
}

}  // namespace ptravel
