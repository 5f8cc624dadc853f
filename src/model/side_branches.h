#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "model/weights.h"
#include "tensor/compute.h"
#include "tensor/conv.h"
#include "tensor/linear.h"

namespace ptravel {

/// Low ranks beside a layer: strength * up(down(x)) is added to its result for each of them, and
/// each image of a batch has its own strengths, [N, slots] float32. The ranks of all lie side by
/// side, so that there are two small products, however many they are. An image's numbers are the
/// same, bit for bit, whatever N is. Immutable.
class SideBranches {
 public:
  /// Those that the weights' source has beside the layer's "weight"; null where it has none.
  /// `geometry`: the filter's.
  static std::shared_ptr<const SideBranches> of(const Weights& weights,
                                                const Compute& compute,
                                                cpu::ConvGeometry geometry = {});

  /// For a linear map: what they make of x [N, tokens, in] or [N, in], plus `residual` (like the
  /// result) where defined.
  at::Tensor of_rows(const at::Tensor& x,
                     const at::Tensor& strengths,
                     const at::Tensor& residual,
                     ResultFormat format = ResultFormat::AsInput) const;
  /// For a linear map over pictures [N, in part, h, w] whose channels lie side by side: float32
  /// [N, h * w, out].
  at::Tensor of_pictures(at::TensorList parts, const at::Tensor& strengths) const;

  at::ScalarType dtype() const { return dtype_; }
  /// For a filter: its first half, whose result is wanted in float32 ...
  const Convolution& filter() const { return filter_; }
  /// ... and what they make of that, [N, ranks, h', w'], plus `residual` where defined; in
  /// `format`.
  at::Tensor of_filtered(const at::Tensor& ranks,
                         const at::Tensor& strengths,
                         const at::Tensor& residual,
                         at::ScalarType format) const;

 private:
  SideBranches() = default;
  /// The ranks [N, ..., R] float32 as strong as each image has them, in the network's format.
  at::Tensor scaled(const at::Tensor& ranks, const at::Tensor& strengths) const;

  at::ScalarType dtype_ = at::kFloat;
  at::Tensor slots_;  // [R]: which slot each rank belongs to
  LinearMap down_;    // of linear maps
  Convolution filter_;
  LinearMap up_;
};

}  // namespace ptravel
