#pragma once

#include <functional>
#include <memory>

#include <ATen/core/Tensor.h>

#include "base/profile_scope.h"
#include "tensor/cpu/onednn.h"
#include "tensor/result_format.h"
#include "tensor/wrap.h"

namespace ptravel {

/// What a convolution does to its result in the same pass.
struct ConvExtras {
  at::Tensor image_bias = {};  ///< [1 or N, out]: one more bias for each image and channel.
  /// A picture like the result, in the input's format. One that nobody else holds gives its memory
  /// to the result.
  at::Tensor residual = {};
  ResultFormat format = ResultFormat::AsInput;  ///< Float32 only without a residual.
  /// What filters that keep the picture in the middle see beyond its edges. Others see zeros there.
  Wrap wrap = {};
};

/// Makes rows of an image that never exists as a whole: rows [first, first + rows.size(2)) of image
/// `image` are written to `rows` [1, C, count, w] in channels-last memory.
using RowSource = std::function<void(std::int64_t image, std::int64_t first, at::Tensor& rows)>;

/// A convolution with its weights. On a CPU the weights are kept in oneDNN's layout only, elsewhere
/// channels-last like the pictures, unless they learn. Direct algorithms throughout (no Winograd),
/// sums in fp32. Differentiable, once (no second derivatives), with respect to x, residual, image
/// bias, and the weights where they learn. Copies share the weights. May be used from several
/// threads.
class Convolution {
 public:
  Convolution() = default;
  /// weight [out, in, k, k] in the format to compute in; bias [out].
  Convolution(at::Tensor weight, at::Tensor bias, cpu::ConvGeometry geometry);

  /// x [N, in, h, w] gives [N, out, h', w'] in channels-last memory.
  at::Tensor operator()(const at::Tensor& x, const ConvExtras& extras = {}) const;

  /// The same for x resized to twice its size by taking the nearest pixel, on a CUDA device, where
  /// the resized picture never exists. Undefined where no kernel does that.
  at::Tensor of_doubled(const at::Tensor& x) const;

  /// The same for an x of these sizes and this format that `source` makes, on a CPU, for filters
  /// that keep the size: band by band, so that memory does not grow with x. Bands overlap by what
  /// the filter reaches beyond them; the result is the same as of the whole.
  at::Tensor over_bands(at::IntArrayRef sizes,
                        at::ScalarType type,
                        const RowSource& source,
                        const ConvExtras& extras = {}) const;
  /// Whether that is worth it for an x of these sizes: it is large, and no gradients are recorded.
  bool wants_bands(at::IntArrayRef sizes, const at::Tensor& like) const;

  /// The gradient with respect to x [N, in, h, w], given by its sizes, from the gradient of the
  /// result. For weights that do not learn, on a CPU.
  at::Tensor input_gradient(const at::Tensor& grad,
                            at::IntArrayRef x_sizes,
                            cpu::Border border = cpu::Border::Padded) const;

  /// The weight in PyTorch's layout.
  at::Tensor weight() const;
  const at::Tensor& bias() const { return bias_; }

 private:
  friend struct ConvolutionFunction;

  /// Measures a call with an x of these sizes.
  ProfileScope measure(at::IntArrayRef x_sizes) const;
  /// What the filter sees beyond the edges, as far as it reaches there and equally far on each
  /// side.
  Wrap own_wrap(const ConvExtras& extras) const {
    const bool reaches = geometry_.pad_before > 0 && geometry_.pad_before == geometry_.pad_after;
    return reaches ? extras.wrap : Wrap();
  }
  /// How the filter moves over a picture with this border.
  cpu::ConvGeometry geometry(cpu::Border border) const;
  /// Rows or columns of the result for so many of the input.
  std::int64_t out_side(std::int64_t in_side, cpu::Border border = cpu::Border::Padded) const;
  // From here on `border` says what x has on top of its own; extras.wrap has been seen to.
  /// By the CPU's kernels, without recording gradients.
  at::Tensor on_cpu(const at::Tensor& x, const ConvExtras& extras, cpu::Border border) const;
  /// Memory for the result: the residual's own where nobody else holds it.
  at::Tensor empty_result(at::IntArrayRef x_sizes,
                          const at::TensorOptions& like,
                          const ConvExtras& extras,
                          cpu::Border border = cpu::Border::Padded) const;
  /// By LibTorch's operators: on any device, and where weights learn.
  at::Tensor by_torch(const at::Tensor& x, const ConvExtras& extras, cpu::Border border) const;
  /// By the kernels for NVIDIA cards, without recording gradients. Undefined where none fits.
  at::Tensor on_cuda(const at::Tensor& x,
                     const ConvExtras& extras,
                     bool doubled,
                     cpu::Border border = cpu::Border::Padded) const;
  /// Inference on a CPU without oneDNN: each image for itself, so that a picture does not depend on
  /// how many were asked for together, and with one rounding at the end.
  at::Tensor on_cpu_by_torch(const at::Tensor& x,
                             const at::Tensor& bias,
                             const at::Tensor& residual,
                             at::Tensor out,
                             cpu::Border border) const;
  /// The bias for each image, or one for all: [1 or N, out] float32.
  at::Tensor bias_rows(const ConvExtras& extras) const;

  std::shared_ptr<const cpu::PackedWeights> packed_;  // on a CPU
  at::Tensor weight_;                                 // elsewhere, and where it learns
  at::Tensor bias_;
  cpu::ConvGeometry geometry_;
  std::int64_t in_channels_ = 0;
  std::int64_t out_channels_ = 0;
  std::int64_t kernel_size_ = 0;
};

}  // namespace ptravel
