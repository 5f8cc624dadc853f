#include "tensor/path.h"

#include <ATen/ATen.h>

namespace ptravel {

bool wants_gradient(const at::Tensor& x) { return at::GradMode::is_enabled() && x.requires_grad(); }

bool fits_cpu_kernels(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

bool use_cpu_kernels(std::initializer_list<const at::Tensor*> operands) {
  const at::ScalarType type = (*operands.begin())->scalar_type();
  if (type != at::kFloat && type != at::kBFloat16) {
    return false;
  }
  for (const at::Tensor* operand : operands) {
    if (operand->defined() &&
        (!operand->is_cpu() || operand->scalar_type() != type || wants_gradient(*operand))) {
      return false;
    }
  }
  return true;
}

cpu::Element element_of(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 ? cpu::Element::Bfloat16 : cpu::Element::Float32;
}

}  // namespace ptravel
