#pragma once

// How the operands of a matrix product come into shared memory: in slices, 64 numbers deep. A slice
// has 128 bytes in each row, and the eight pieces of 16 bytes in a row are permuted by the row's
// number (Hopper's "128-byte swizzle", which ldmatrix reads without bank conflicts, too).

#include "tensor/cuda/device.h"
#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

constexpr int kMatrixDepth = 64;  // numbers of 16 bits: 128 bytes
constexpr int kSliceRowBytes = 128;

/// Bytes of shared memory.
constexpr int matrix_memory(int rows, int columns, int stages) {
  return stages * (rows + columns) * kSliceRowBytes + 1024;
}

PTRAVEL_DEVICE std::uint32_t swizzled(int row, int piece) {
  return static_cast<std::uint32_t>(row * kSliceRowBytes + ((piece ^ (row & 7)) << 4));
}

/// Slices of the product's depth, in order: for each place of the filter all channels.
PTRAVEL_DEVICE int matrix_slices(const MatrixProblem& p) {
  return p.kernel * p.kernel * ((p.channels() + kMatrixDepth - 1) / kMatrixDepth);
}

/// Copies slices into shared memory, one after the other. Each thread has its piece of 16 bytes in
/// every kStep-th row.
template <typename T, int kRows, int kColumns>
struct MatrixLoader {
  static constexpr int kStep = 2 * kRows / 8;
  static constexpr int kPixels = kRows / kStep;
  static constexpr int kFilters = (kColumns + kStep - 1) / kStep;

  PTRAVEL_DEVICE MatrixLoader(const MatrixProblem& problem,
                              int first_row,
                              int first_column,
                              int slice)
      : p(problem), column(first_column) {
    piece = thread_index() & 7;
    line = thread_index() >> 3;
    const int per_tap = (p.channels() + kMatrixDepth - 1) / kMatrixDepth;
    tap = slice / per_tap;
    channel = (slice - tap * per_tap) * kMatrixDepth;
    const int pixels = p.out_height * p.out_width;
#pragma unroll
    for (int i = 0; i < kPixels; ++i) {
      const int row = first_row + line + kStep * i;
      const int image = row / pixels;
      const int pixel = row - image * pixels;
      const int y = pixel / p.out_width;
      const bool inside = row < p.rows();
      image_row[i] = image * p.height;
      top[i] = inside ? y * p.stride - p.pad : -1000000;
      left[i] = (pixel - y * p.out_width) * p.stride - p.pad;
    }
    find_pixels();
  }

  /// Where each row's pixel lies for the present place of the filter; -1 beyond the picture.
  PTRAVEL_DEVICE void find_pixels() {
    const int tap_row = tap / p.kernel;
    const int tap_column = tap - tap_row * p.kernel;
#pragma unroll
    for (int i = 0; i < kPixels; ++i) {
      const int y = top[i] + tap_row;
      const int x = left[i] + tap_column;
      const bool inside =
          y >= 0 && x >= 0 && y < (p.height << p.doubled) && x < (p.width << p.doubled);
      source[i] = inside ? (image_row[i] + (y >> p.doubled)) * p.width + (x >> p.doubled) : -1;
    }
  }

  PTRAVEL_DEVICE void copy(std::uint32_t stage) {
    const int second = p.part_channels[1] > 0 && channel >= p.part_channels[0] ? 1 : 0;
    const int width = p.part_channels[second];
    const int at = channel - (second != 0 ? p.part_channels[0] : 0) + piece * 8;
    const T* from = static_cast<const T*>(p.parts[second]);
    const bool known = at < width;
#pragma unroll
    for (int i = 0; i < kPixels; ++i) {
      const bool valid = known && source[i] >= 0;
      copy_async(stage + swizzled(line + kStep * i, piece),
                 valid ? from + static_cast<std::int64_t>(source[i]) * width + at : from, valid);
    }
    const std::uint32_t filters = stage + kRows * kSliceRowBytes;
    const int depth = p.kernel * p.kernel * p.channels();
    const int offset = tap * p.channels() + channel + piece * 8;
    const bool in_channels = channel + piece * 8 < p.channels();
    const T* weight = static_cast<const T*>(p.weight);
#pragma unroll
    for (int i = 0; i < kFilters; ++i) {
      const int row = line + kStep * i;
      if (kColumns % kStep != 0 && row >= kColumns) {
        break;
      }
      const int filter = column + row;
      const bool valid = in_channels && filter < p.columns;
      copy_async(filters + swizzled(row, piece),
                 valid ? weight + static_cast<std::int64_t>(filter) * depth + offset : weight,
                 valid);
    }
    channel += kMatrixDepth;
    if (channel >= p.channels()) {
      channel = 0;
      ++tap;
      find_pixels();
    }
  }

  const MatrixProblem& p;
  int column, piece, line, tap, channel;
  int image_row[kPixels], top[kPixels], left[kPixels], source[kPixels];
};

}  // namespace ptravel::cuda
