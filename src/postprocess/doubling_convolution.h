#pragma once

#include "model/layers.h"

namespace ptravel {

/// A transposed convolution of 4x4 filters that doubles a picture's sides (stride 2, padding 1), as
/// an ordinary 3x3 one whose channels become pixels, so that it runs on the same kernels.
class DoublingConvolution {
 public:
  DoublingConvolution() = default;
  /// Takes "weight" [in, out, 4, 4] and "bias" [out].
  DoublingConvolution(const Weights& weights,
                      std::int64_t in,
                      std::int64_t out,
                      const Compute& compute);
  /// x [N, in, h, w] gives [N, out, 2 h, 2 w].
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  Convolution map_;
};

}  // namespace ptravel
