#pragma once

#include <initializer_list>

#include <ATen/core/Tensor.h>

#include "tensor/cpu/kernels.h"

namespace ptravel {

/// True when an operation on these operands goes through the program's own CPU kernels: all defined
/// operands are float32 or bfloat16 of one type on a CPU, and none of them wants a gradient.
/// Otherwise the operation goes through LibTorch, which differentiates and knows other devices.
bool use_cpu_kernels(std::initializer_list<const at::Tensor*> operands);

/// The same for the kernels for NVIDIA cards: fp16 or bf16 of one type on one CUDA device. The
/// first operand is defined.
bool use_cuda_kernels(std::initializer_list<const at::Tensor*> operands);

/// True for the number formats and the place that the program's own CPU kernels know.
bool fits_cpu_kernels(const at::Tensor& x);

/// True when the defined operands are all of one type, in the place, that the program's own CPU
/// kernels know. The first one is defined.
bool fit_cpu_kernels(std::initializer_list<const at::Tensor*> operands);

/// True when gradients are being recorded and `x` (undefined: no) takes part.
bool wants_gradient(const at::Tensor& x);

/// True when one of the operands wants a gradient.
bool any_wants_gradient(std::initializer_list<const at::Tensor*> operands);

/// The kernels' name for x's number format; x is float32 or bfloat16.
cpu::Element element_of(const at::Tensor& x);

}  // namespace ptravel
