#pragma once

#include <memory>
#include <optional>

#include <ATen/core/Tensor.h>

#include "tensor/cpu/onednn.h"
#include "tensor/result_format.h"

namespace ptravel {

/// A linear map with its weights, y = x W^T + b. On a CPU the weights are kept in oneDNN's layout
/// only, unless they learn. Differentiable, once (no second derivatives), with respect to x,
/// residual, and the weights where they learn. Copies share the weights. May be used from several
/// threads.
class LinearMap {
 public:
  LinearMap() = default;
  /// weight [out, in] in the format to compute in; bias [out] or undefined. `resting`: as
  /// PackedWeights has it.
  LinearMap(at::Tensor weight,
            at::Tensor bias,
            std::optional<at::ScalarType> resting = std::nullopt);

  /// x [N, tokens, in] or [N, in] gives [N, tokens, out] or [N, out], plus `residual` (like the
  /// result, or float32) where defined. Float32: the result unrounded.
  at::Tensor operator()(const at::Tensor& x,
                        const at::Tensor& residual = {},
                        ResultFormat format = ResultFormat::AsInput) const;

  /// The same for an x whose numbers come in parts [N, tokens, in part] that lie side by side.
  at::Tensor of_parts(at::TensorList parts) const;

  /// geglu(y): out / 2 values, each times its gate's gelu. Some cards make it in one product.
  at::Tensor gated(const at::Tensor& x) const;

  /// The gradient with respect to x from the gradient of the result, both shaped as there. For
  /// weights that do not learn, on a CPU.
  at::Tensor input_gradient(const at::Tensor& grad) const;

  /// The weight in PyTorch's layout.
  at::Tensor weight() const;
  const at::Tensor& bias() const { return bias_; }
  /// The format that it computes in.
  at::ScalarType dtype() const { return dtype_; }

 private:
  friend struct LinearFunction;

  /// By the kernels for NVIDIA cards, without recording gradients. Undefined where none fits.
  at::Tensor on_cuda(at::TensorList parts, const at::Tensor& residual, ResultFormat format) const;
  at::Tensor gated_on_cuda(const at::Tensor& x) const;
  /// By the CPU's kernels, without recording gradients.
  at::Tensor on_cpu(const at::Tensor& x, const at::Tensor& residual, ResultFormat format) const;

  /// Products of many rows in pieces. False where there is no kernel.
  bool run_in_pieces(const at::Tensor& rows, const at::Tensor& addend, at::Tensor& out) const;

  std::shared_ptr<const cpu::PackedWeights> packed_;  // on a CPU
  at::Tensor weight_;                                 // elsewhere, and where it learns
  at::Tensor bias_;
  at::ScalarType dtype_ = at::kFloat;
  at::Tensor kernel_bias_;  // [1, out] float32
  std::int64_t in_features_ = 0;
  std::int64_t out_features_ = 0;
};

}  // namespace ptravel
