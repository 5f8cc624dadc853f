#pragma once

#include <ATen/core/Tensor.h>
#include <dnnl.hpp>

#include "tensor/cpu/onednn.h"

namespace ptravel::cpu {

/// What is added to a result in the same pass.
enum class Addend {
  None,
  Out,         ///< What lies in the memory of the result.
  Residual,    ///< Other memory, laid out like the result.
  Residual32,  ///< The same in float32.
};

/// A oneDNN primitive for one image and the memory layouts that it works on. Backward, `source` is
/// the gradient that comes in and `out` the one that goes out.
struct Plan {
  dnnl::primitive primitive;  ///< Empty when oneDNN has no fast kernel.
  dnnl::memory::desc source, weights, bias, out, scratch;
  Addend addend = Addend::None;
  bool as_gradient = false;  ///< The primitive is a convolution's backward.
  int threads = 1;           ///< What the primitive was made for, and runs on.
};

/// Where a plan's operands for one image begin. What the plan does not use is null.
struct PlanMemory {
  void *source = nullptr, *weights = nullptr, *bias = nullptr, *residual = nullptr, *out = nullptr,
       *scratch = nullptr;
};

/// What a plan is made for. Weights may have the format "any"; `bias` may be empty.
struct PlanOperands {
  dnnl::memory::desc source, weights, bias, out;
};

/// The one oneDNN engine of this process.
const dnnl::engine& engine();

/// oneDNN's name for float32 or bfloat16.
dnnl::memory::data_type data_type(at::ScalarType type);

/// Computes one image.
void run(const Plan& plan, const PlanMemory& memory);

/// Uninitialised memory for a layout.
at::Tensor bytes_for(const dnnl::memory::desc& layout);

/// Copies numbers from one layout to another of the same sizes.
void reorder_between(const dnnl::memory::desc& from_layout,
                     const at::Tensor& from,
                     const dnnl::memory::desc& to_layout,
                     at::Tensor& to);

/// A layout's sizes and number format, by the names that the library's version has for them.
dnnl::memory::dims sizes_of(const dnnl::memory::desc& layout);
dnnl::memory::data_type format_of(const dnnl::memory::desc& layout);

// Plans are for the number of threads of the calling thread.
// They throw dnnl::error with the status dnnl_unimplemented where oneDNN has no kernel at all.

Plan plan_convolution(const PlanOperands& operands,
                      const ConvGeometry& geometry,
                      Border border,
                      Addend addend);
Plan plan_matmul(const PlanOperands& operands, Addend addend);
/// The gradient of a convolution with respect to its input.
Plan plan_convolution_backward(const PlanOperands& operands,
                               const ConvGeometry& geometry,
                               Border border);

/// How an addend for a result of this layout lies in memory.
dnnl::memory::desc addend_layout(Addend addend, const dnnl::memory::desc& out);

// The layouts that the forward plans want weights in, found without making a primitive.

dnnl::memory::desc convolution_weights(const PlanOperands& operands, const ConvGeometry& geometry);
dnnl::memory::desc matmul_weights(const PlanOperands& operands);

}  // namespace ptravel::cpu
