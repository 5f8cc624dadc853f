#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "tensor/conv.h"
#include "tensor/norm.h"

namespace ptravel {

// Convolutions of what a cheap step makes of a picture. Where the picture is large and no gradients
// are wanted, the step's result never exists as a whole: bands of it are made, with the overlap
// that the filter needs, and convolved at once. The numbers are those of the two steps one after
// the other.

/// The norm of a picture that is made of the channels of all parts side by side.
at::Tensor group_norm_of_parts(at::TensorList parts, const GroupNormStep& norm);

/// convolution(group_norm(x)), where x is made of the channels of all parts side by side.
at::Tensor norm_then_convolve(at::TensorList parts,
                              const GroupNormStep& norm,
                              const Convolution& convolution,
                              const ConvExtras& extras = {});

/// convolution(resize_nearest(x, height, width)).
at::Tensor resize_then_convolve(const at::Tensor& x,
                                std::int64_t height,
                                std::int64_t width,
                                const Convolution& convolution,
                                Wrap wrap = {});

}  // namespace ptravel
