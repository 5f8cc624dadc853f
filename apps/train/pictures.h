#pragma once

#include <span>

#include <ATen/ATen.h>

#include "look.h"

namespace ptravel::train {

/// Draws pictures: [N, 3, size, size] float RGB in 0..1 on the device, including the look's
/// quality. Size must be a multiple of 8. A picture depends only on its drawing and the size. Draws
/// on the CPU, on as many threads as ATen may use.
at::Tensor draw_pictures(std::span<const Drawing> drawings, int size, at::Device device);

}  // namespace ptravel::train
