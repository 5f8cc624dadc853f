#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "tensor/cpu/onednn.h"

namespace ptravel {

/// The number format of a result.
enum class ResultFormat { AsInput, Float32 };

/// What a convolution does to its result in the same pass.
struct ConvExtras {
  at::Tensor image_bias;  ///< [N, out]: one more bias for each image and channel.
  /// A picture like the result, in the input's format. One that nobody else holds gives its memory
  /// to the result.
  at::Tensor residual;
  ResultFormat format = ResultFormat::AsInput;  ///< Float32 only without a residual.
};

/// A convolution with its weights. On a CPU the weights are kept in oneDNN's layout only, unless
/// they learn. Direct algorithms throughout (no Winograd), sums in fp32. Differentiable, once (no
/// second derivatives), with respect to x, residual, image bias, and the weights where they learn.
/// Copies share the weights. May be used from several threads.
class Convolution {
 public:
  Convolution() = default;
  /// weight [out, in, k, k] in the format to compute in; bias [out].
  Convolution(at::Tensor weight, at::Tensor bias, cpu::ConvGeometry geometry);

  /// x [N, in, h, w] gives [N, out, h', w'] in channels-last memory.
  at::Tensor operator()(const at::Tensor& x, const ConvExtras& extras = {}) const;

  /// The gradient with respect to x [N, in, h, w], given by its sizes, from the gradient of the
  /// result. For weights that do not learn, on a CPU.
  at::Tensor input_gradient(const at::Tensor& grad, at::IntArrayRef x_sizes) const;

  /// The weight in PyTorch's layout.
  at::Tensor weight() const;
  const at::Tensor& bias() const { return bias_; }

 private:
  friend struct ConvolutionFunction;

  /// Rows or columns of the result for so many of the input.
  std::int64_t out_side(std::int64_t in_side) const;
  /// By the CPU's kernels, without recording gradients.
  at::Tensor on_cpu(const at::Tensor& x, const ConvExtras& extras) const;
  /// Memory for the result: the residual's own where nobody else holds it.
  at::Tensor empty_result(const at::Tensor& x, const ConvExtras& extras) const;
  /// By LibTorch's operators: on any device, and where weights learn.
  at::Tensor by_torch(const at::Tensor& x, const ConvExtras& extras) const;
  /// Inference on a CPU without fast kernels: image by image, so that a picture does not depend on
  /// how many were asked for together, and with one rounding at the end.
  at::Tensor by_image(const at::Tensor& x,
                      const at::Tensor& bias,
                      const at::Tensor& residual,
                      at::Tensor out) const;

  std::shared_ptr<const cpu::PackedWeights> packed_;  // on a CPU
  at::Tensor weight_;                                 // elsewhere, and where it learns
  at::Tensor bias_;
  cpu::ConvGeometry geometry_;
  std::int64_t in_channels_ = 0;
  std::int64_t out_channels_ = 0;
  std::int64_t kernel_size_ = 0;
};

}  // namespace ptravel
