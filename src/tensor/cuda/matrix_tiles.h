#pragma once

// How the result of a product is cut for Hopper's kernel, whose operands come through the tensor
// memory accelerator: in boxes of pixels, which it fills with zeros beyond a picture.

#include <cstdint>

#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

/// What the accelerator is told about numbers in memory: CUtensorMap, made by
/// specialised_matrix.cu.
struct alignas(64) TensorMap {
  std::uint64_t words[16] = {};
};

/// Boxes of pixels, the rows of half a tile each. An input that is seen at twice its size has four
/// kinds of pixels, which read the input at offsets of their own: boxes hold pixels of one kind.
struct PixelBoxes {
  int width_shift = 0, height_shift = 0;  ///< A box is 2^width_shift pixels wide.
  int rows = 0;                           ///< Of a box: 64 or 128; the rest is images.
  int width = 0, height = 0, images = 0;  ///< What is covered, in pixels of the input.
  int across = 0, down = 0, deep = 0;     ///< Boxes over that.
  int doubled = 0;

  constexpr int of_kind() const { return across * down * deep; }
  constexpr int count() const { return of_kind() << (2 * doubled); }
};

/// Where a box lies; `kind_y` and `kind_x`: which of four pixels, where the input is doubled.
struct PixelBox {
  int x = 0, y = 0, image = 0, kind_y = 0, kind_x = 0;
};

struct SpecialisedProblem {
  MatrixProblem product;
  PixelBoxes boxes;
  int row_tiles = 0, column_tiles = 0;
  TensorMap inputs[2];  ///< Channels, columns, rows and images of each part.
  TensorMap weight;     ///< Channels, places of the filter, columns of the result.

  /// Parts of the work: every tile, or every tile of every segment.
  constexpr int units() const {
    return row_tiles * column_tiles * (product.split ? product.segments : 1);
  }
};

/// The fewest boxes of `rows` pixels (a power of two) for a product; of no rows where the kernel
/// does not take it: convolutions with a stride or with edges of other widths.
PixelBoxes pixel_boxes(const MatrixProblem& problem, int rows);

}  // namespace ptravel::cuda
