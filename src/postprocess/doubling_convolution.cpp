#include "postprocess/doubling_convolution.h"

#include <ATen/ATen.h>

namespace ptravel {
namespace {

/// Which row of a 4x4 filter meets the pixel above, at and below the half-size pixel that lies
/// under an even and under an odd row of the result; -1: none.
constexpr std::int64_t kRows[2][3] = {{3, 1, -1}, {-1, 2, 0}};

}  // namespace

DoublingConvolution::DoublingConvolution(const Weights& weights,
                                         std::int64_t in,
                                         std::int64_t out,
                                         const Compute& compute) {
  const Compute full = full_precision(compute);
  const at::Tensor stored = weights.load("weight", {in, out, 4, 4}, full);
  const at::Tensor bias = weights.load("bias", {out}, vector_precision(compute));
  at::Tensor filters = at::zeros({out, 2, 2, in, 3, 3}, stored.options());
  for (std::int64_t a = 0; a < 2; ++a) {
    for (std::int64_t b = 0; b < 2; ++b) {
      for (std::int64_t y = 0; y < 3; ++y) {
        for (std::int64_t x = 0; x < 3; ++x) {
          const std::int64_t from_y = kRows[a][y], from_x = kRows[b][x];
          if (from_y >= 0 && from_x >= 0) {
            filters.select(1, a).select(1, b).select(3, x).select(2, y).copy_(
                stored.select(3, from_x).select(2, from_y).t());
          }
        }
      }
    }
  }
  map_ = Convolution(filters.reshape({4 * out, in, 3, 3}).to(compute.dtype),
                     bias.reshape({out, 1}).expand({out, 4}).reshape({4 * out}),
                     {.stride = 1, .pad_before = 1, .pad_after = 1});
}

at::Tensor DoublingConvolution::operator()(const at::Tensor& x) const {
  return at::pixel_shuffle(map_(x), 2);
}

}  // namespace ptravel
