#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// The picture [N, C, H, W], float32, resized to height x width by the linear interpolation of the
/// four nearest pixels, whose centres lie at halves (PyTorch's "bilinear" without align_corners;
/// nothing is averaged when it shrinks). In channels-last memory; not differentiable.
at::Tensor resize_bilinear(const at::Tensor& picture, std::int64_t height, std::int64_t width);

/// At each pixel p the picture's value at p + flow(p), interpolated linearly; beyond the border its
/// nearest pixel's. picture [N, C, H, W] and flow [N, 2, H, W] (to the right, down, in pixels),
/// float32; a flow that is no number takes the first row or column. In channels-last memory; not
/// differentiable.
at::Tensor warp(const at::Tensor& picture, const at::Tensor& flow);

}  // namespace ptravel
