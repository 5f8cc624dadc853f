#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// Along which axes a picture goes on at its opposite edge instead of ending, so that copies of it
/// lie beside each other without a seam.
struct Wrap {
  bool across = false;  ///< From the right edge to the left one.
  bool down = false;    ///< From the lower edge to the upper one.

  bool any() const { return across || down; }
  bool operator==(const Wrap&) const = default;
};

/// The picture [N, C, h, w] with `rows` more above and below and `columns` more on either side:
/// what the opposite edge has where it wraps, else zeros. In channels-last memory. At most h rows
/// and w columns. Differentiable.
at::Tensor with_border(const at::Tensor& x, std::int64_t rows, std::int64_t columns, Wrap wrap);

/// The same into memory of that size. Not differentiable.
void write_with_border(
    const at::Tensor& x, std::int64_t rows, std::int64_t columns, Wrap wrap, at::Tensor& result);

}  // namespace ptravel
