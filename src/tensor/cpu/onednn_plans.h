#pragma once

#include <ATen/core/Tensor.h>
#include <dnnl.hpp>

#include "tensor/cpu/onednn.h"

namespace ptravel::cpu {

/// A oneDNN primitive for one image and the memory layouts that it works on. Backward, `source` is
/// the gradient that comes in and `out` the one that goes out.
struct Plan {
  dnnl::primitive primitive;  ///< Empty when oneDNN has no fast kernel.
  dnnl::memory::desc source, weights, bias, out, scratch;
};

/// What is added to a result in the same pass.
enum class Addend {
  None,
  Out,         ///< What lies in the memory of the result.
  Residual,    ///< Other memory, laid out like the result.
  Residual32,  ///< The same in float32.
};

/// What a plan is made for. Weights may have the format "any"; `bias` may be empty.
struct PlanOperands {
  dnnl::memory::desc source, weights, bias, out;
};

/// The one oneDNN engine of this process.
const dnnl::engine& engine();

/// oneDNN's name for float32 or bfloat16.
dnnl::memory::data_type data_type(at::ScalarType type);

/// x's memory seen through a layout; x must outlive the result.
dnnl::memory wrap(const dnnl::memory::desc& layout, const at::Tensor& x);

/// Uninitialised memory for a layout.
at::Tensor bytes_for(const dnnl::memory::desc& layout);

/// Copies numbers from one layout to another of the same sizes.
void reorder_between(const dnnl::memory::desc& from_layout,
                     const at::Tensor& from,
                     const dnnl::memory::desc& to_layout,
                     at::Tensor& to);

// The plans throw dnnl::error with the status dnnl_unimplemented where oneDNN has no kernel at all.

Plan plan_convolution(const PlanOperands& operands,
                      const ConvGeometry& geometry,
                      RowBorder border,
                      Addend addend);
Plan plan_matmul(const PlanOperands& operands, Addend addend);
/// The gradient of a convolution with respect to its input.
Plan plan_convolution_backward(const PlanOperands& operands, const ConvGeometry& geometry);

/// How an addend for a result of this layout lies in memory.
dnnl::memory::desc addend_layout(Addend addend, const dnnl::memory::desc& out);

// The layouts that the forward plans want weights in, found without making a primitive.

dnnl::memory::desc convolution_weights(const PlanOperands& operands, const ConvGeometry& geometry);
dnnl::memory::desc matmul_weights(const PlanOperands& operands);

}  // namespace ptravel::cpu
