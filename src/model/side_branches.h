#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/weights.h"
#include "tensor/compute.h"
#include "tensor/conv.h"
#include "tensor/linear.h"

namespace ptravel {

/// Low ranks beside a layer: strength * up(down(x)) is added to its result for each of them, and
/// each image of a batch has its own strengths, [N, slots] float32. An image's numbers are the
/// same, bit for bit, whatever N is, and whether or not there are slots that have no strength for
/// it; on a CPU those without any strength in a batch cost nothing. Immutable.
class SideBranches {
 public:
  /// Those that the weights' source has beside the layer's "weight"; null where it has none.
  /// `geometry`: the filter's.
  static std::shared_ptr<const SideBranches> of(const Weights& weights,
                                                const Compute& compute,
                                                cpu::ConvGeometry geometry = {});

  /// Whether one of them may change an image with these strengths.
  bool act(const at::Tensor& strengths) const;

  /// For a linear map: what they make of x [N, tokens, in] or [N, in], plus `residual` (like the
  /// result) where defined; where none acts the residual itself.
  at::Tensor of_rows(const at::Tensor& x,
                     const at::Tensor& strengths,
                     const at::Tensor& residual,
                     ResultFormat format = ResultFormat::AsInput) const;

  /// Gives what a filter makes of the layer's picture, [N, out, h', w'] float32.
  using Filtered = std::function<at::Tensor(const Convolution& filter)>;
  /// For a filter: what they make, [N, out, h', w'], plus `residual` where defined; where none acts
  /// the residual itself.
  at::Tensor of_filtered(const Filtered& filtered,
                         const at::Tensor& strengths,
                         const at::Tensor& residual,
                         ResultFormat format) const;

 private:
  /// One of them. Each has products of its own: a sum over the ranks of several would depend on
  /// which others there are.
  struct Branch {
    std::int64_t slot = 0;
    LinearMap down;  // of linear maps
    Convolution filter;
    LinearMap up;
  };
  using RanksOf = std::function<at::Tensor(const Branch& branch)>;

  SideBranches() = default;
  /// All of them, of ranks [N, tokens, ranks] or [N, ranks] float32.
  at::Tensor sum(const RanksOf& ranks_of,
                 const at::Tensor& strengths,
                 const at::Tensor& residual,
                 ResultFormat format) const;

  at::ScalarType dtype_ = at::kFloat;
  std::vector<Branch> branches_;
};

}  // namespace ptravel
