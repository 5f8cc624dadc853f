#include "tensor/path.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "tensor/cuda/operators.h"

namespace ptravel {

bool wants_gradient(const at::Tensor& x) {
  return at::GradMode::is_enabled() && x.defined() && x.requires_grad();
}

bool any_wants_gradient(std::initializer_list<const at::Tensor*> operands) {
  return std::any_of(operands.begin(), operands.end(),
                     [](const at::Tensor* operand) { return wants_gradient(*operand); });
}

bool fits_cpu_kernels(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

bool fit_cpu_kernels(std::initializer_list<const at::Tensor*> operands) {
  const at::ScalarType type = (*operands.begin())->scalar_type();
  return std::all_of(operands.begin(), operands.end(), [&](const at::Tensor* operand) {
    return !operand->defined() || (fits_cpu_kernels(*operand) && operand->scalar_type() == type);
  });
}

bool use_cpu_kernels(std::initializer_list<const at::Tensor*> operands) {
  return fit_cpu_kernels(operands) && !any_wants_gradient(operands);
}

bool use_cuda_kernels(std::initializer_list<const at::Tensor*> operands) {
  const at::Tensor& first = **operands.begin();
  return cuda::fits(first) && !any_wants_gradient(operands) &&
         std::all_of(operands.begin(), operands.end(), [&](const at::Tensor* operand) {
           return !operand->defined() || (operand->scalar_type() == first.scalar_type() &&
                                          operand->device() == first.device());
         });
}

cpu::Element element_of(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 ? cpu::Element::Bfloat16 : cpu::Element::Float32;
}

}  // namespace ptravel
