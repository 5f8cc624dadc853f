#pragma once

#include <ATen/core/Tensor.h>

#include "ptravel/image.h"

namespace ptravel {

/// The least side of a picture whose motion can be estimated.
inline constexpr int kLeastFlowSide = 32;

/// Where each pixel of one picture went in another of the same size: [1, 2, h, w], float32, to the
/// right and down in pixels. Estimated without a network (dense inverse search, Kroeger et al.
/// 2016) on one thread, so that it does not depend on their number. Sides are at least
/// kLeastFlowSide.
at::Tensor optical_flow(const Image& from, const Image& to);

/// Both directions at once.
struct FlowPair {
  at::Tensor forward;   ///< From the first picture to the second.
  at::Tensor backward;  ///< From the second to the first.
};
FlowPair optical_flows(const Image& first, const Image& second);

/// How far a pixel is from where it was after going there and back: [1, 1, h, w], in pixels.
at::Tensor round_trip_error(const at::Tensor& there, const at::Tensor& back);

}  // namespace ptravel
