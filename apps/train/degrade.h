#pragma once

#include <ATen/ATen.h>

namespace ptravel::train {

/// The picture ([3, size, size], 0..1) with the degradation of a quality:: value; Clean and Sketch
/// leave it as it is. The strength is 0..1.
at::Tensor degrade(const at::Tensor& picture, int quality, float strength);

/// Paper grain for a sketch.
at::Tensor with_grain(const at::Tensor& picture, float phase);

}  // namespace ptravel::train
