#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <ATen/core/Tensor.h>

namespace ptravel::cpu {

/// True when this program was built with oneDNN.
bool onednn_available();

/// For catch (...): whether the exception in flight is oneDNN's for memory that it did not get.
bool onednn_out_of_memory();

/// How a filter bank moves over a picture. All values count pixels and are the same on both axes.
struct ConvGeometry {
  std::int64_t stride = 1;
  std::int64_t pad_before = 0;  ///< Zeros on the left and on top.
  std::int64_t pad_after = 0;   ///< Zeros on the right and below.
};

/// What lies around the pixels of a picture that a filter moves over.
enum class Border {
  Padded,     ///< Zeros, as the geometry says.
  RowsGiven,  ///< Above and below, rows that the operand has on top of its own; else zeros.
  Given,      ///< Rows and columns that the operand has on top of its own.
};

/// The weights of a convolution ([out, in, k, k]) or of a linear map ([out, in]) together with the
/// oneDNN primitives that use them. The weights exist once, in the layout that the primitives want;
/// a primitive is made when a size is first seen. Each image of a batch is computed for itself, and
/// with one thread or with a way of sharing the work that was seen to give the same bytes, so that
/// an image's result depends on the image alone: not on the batch or on the number of threads. May
/// be used from several threads.
class PackedWeights {
 public:
  /// Takes a contiguous CPU tensor, float32 or bfloat16, of 2 or 4 dimensions, and lays it out.
  /// `geometry` matters for filters only. `resting`: float16 or bfloat16 where that holds every one
  /// of these float32 numbers exactly and memory is dearer than time: they are kept so and widened
  /// for each use.
  explicit PackedWeights(at::Tensor plain,
                         ConvGeometry geometry = {},
                         std::optional<at::ScalarType> resting = std::nullopt);
  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  /// The weights in PyTorch's layout; a fresh copy once they are packed.
  at::Tensor plain() const;

  /// out = weights * x + bias + residual, for every image of the batch.
  /// Filters: x is [N, in, h, w] and out [N, out, h', w'], both in channels-last memory; out may be
  /// float32 where x is not. Matrices: x is [N, rows, in] and out [N, rows, out], contiguous.
  /// `bias` is contiguous float32, [1, out] or [N, out] (one for each image), or undefined.
  /// `residual` is like out, or undefined; it may be `out` itself. For matrices it may be float32
  /// where out is not. Where oneDNN has no fast kernel for bfloat16 on this processor, it is
  /// widened to float32 for this call. Returns false, with `out` untouched, when there is no fast
  /// kernel for that either.
  bool run(const at::Tensor& x,
           const at::Tensor& bias,
           const at::Tensor& residual,
           at::Tensor& out,
           Border border = Border::Padded) const;

  /// The gradient with respect to x of `run` from the gradient of its result: `grad` is like run's
  /// out and `out` like its x, both in x's format. Writes all of `out`. The weights are laid out
  /// for it in memory that is given back. Returns false, with `out` untouched, as above.
  bool run_backward(const at::Tensor& grad, at::Tensor& out, Border border = Border::Padded) const;

 private:
  struct State;
  bool run_in_float32(const at::Tensor& x,
                      const at::Tensor& bias,
                      const at::Tensor& residual,
                      at::Tensor& out,
                      Border border) const;
  bool run_backward_in_float32(const at::Tensor& grad, at::Tensor& out, Border border) const;

  std::unique_ptr<State> state_;
};

}  // namespace ptravel::cpu
