#pragma once

#include <ATen/core/Tensor.h>

#include "ptravel/image.h"

namespace ptravel {

/// A picture as the networks of this room take it: float32 [1, 3, h, w] from 0 to 1.
at::Tensor unit_tensor(const Image& image);

/// Such a tensor as a picture: clamped and rounded to the nearest. Throws Unsupported when a value
/// is no number; `network` names the file in the message.
Image image_of(const at::Tensor& picture, const std::string& network);

}  // namespace ptravel
