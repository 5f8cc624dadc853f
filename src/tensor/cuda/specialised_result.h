#pragma once

// What becomes of the sums of Hopper's product: which pixels they belong to, what is added, how
// they are written.

#include "tensor/cuda/device.h"
#include "tensor/cuda/gated_unit.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/matrix_result.h"
#include "tensor/cuda/matrix_tiles.h"

namespace ptravel::cuda {

PTRAVEL_DEVICE PixelBox pixel_box(const PixelBoxes& boxes, int number) {
  PixelBox at;
  const int of_kind = boxes.of_kind();
  const int kind = number / of_kind;
  const int in_kind = number - kind * of_kind;
  const int line = in_kind / boxes.across;
  const int layer = line / boxes.down;
  at.x = (in_kind - line * boxes.across) << boxes.width_shift;
  at.y = (line - layer * boxes.down) << boxes.height_shift;
  at.image = layer * (boxes.rows >> (boxes.width_shift + boxes.height_shift));
  at.kind_y = kind >> 1;
  at.kind_x = kind & 1;
  if (number >= boxes.count()) {
    at.image = boxes.images;  // The half of a last tile: beyond everything.
    at.kind_y = at.kind_x = 0;
  }
  return at;
}

/// The result's row that row `r` of a box is; -1 beyond.
PTRAVEL_DEVICE int result_row(const PixelBoxes& boxes, const PixelBox& at, int r) {
  const int x = at.x + (r & ((1 << boxes.width_shift) - 1));
  const int line = r >> boxes.width_shift;
  const int y = at.y + (line & ((1 << boxes.height_shift) - 1));
  const int image = at.image + (line >> boxes.height_shift);
  if (x >= boxes.width || y >= boxes.height || image >= boxes.images) {
    return -1;
  }
  const int d = boxes.doubled;
  return (image * (boxes.height << d) + (y << d) + at.kind_y) * (boxes.width << d) + (x << d) +
         at.kind_x;
}

/// Calls body(row, sums) for the two of 64 rows that this thread has sums of: a pair of neighbours
/// in each tile of eight columns.
template <int kColumns, typename Body>
PTRAVEL_DEVICE void for_rows(float (&sum)[kColumns / 2], const Body& body) {
  const int row = (thread_index() >> 5 & 3) * 16 + ((thread_index() & 31) >> 2);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float pairs[kColumns / 8][2];
#pragma unroll
    for (int n = 0; n < kColumns / 8; ++n) {
      pairs[n][0] = sum[n * 4 + half * 2];
      pairs[n][1] = sum[n * 4 + half * 2 + 1];
    }
    body(row + half * 8, pairs);
  }
}

/// What is added to the columns of a tile, once for all of its rows.
template <int kColumns, bool kGated>
PTRAVEL_DEVICE void load_added(const MatrixProblem& p, int first_column, float* added) {
  constexpr int kWidth = kGated ? kColumns / 2 : kColumns;
  const int width = kGated ? p.columns / 2 : p.columns;
  for (int i = thread_index() & 127; i < kColumns; i += 128) {
    const int column = first_column + i % kWidth;
    added[i] = p.bias != nullptr && column < width ? p.bias[i / kWidth * width + column] : 0.0F;
  }
}

template <typename T, int kTiles>
PTRAVEL_DEVICE void finish_row(const MatrixProblem& p,
                               int row,
                               int first_column,
                               const float* added,
                               float (&pairs)[kTiles][2]) {
  const ResultRow<T> result(p, row < 0 ? p.rows() : row);
  const int lane = thread_index() & 3;
  // Asked for at once: the waits are long.
  FourWords residual[kTiles / 4];
#pragma unroll
  for (int n = 0; n < kTiles / 4; ++n) {
    const int at = first_column + (4 * n + lane) * 8;
    const bool valid = result.residual != nullptr && result.known && at < p.columns;
    residual[n] = valid ? load_constant(result.residual + at) : FourWords{{0, 0, 0, 0}};
  }
#pragma unroll
  for (int n = 0; n < kTiles / 4; ++n) {
    // A whole tile of eight columns for each of four lanes.
    float left[4], right[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      left[i] = pairs[4 * n + i][0];
      right[i] = pairs[4 * n + i][1];
    }
    share_tiles(left);
    share_tiles(right);
    const int in_tile = (4 * n + lane) * 8;
    const int at = first_column + in_tile;
    float v[8];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const FloatPair pair = reinterpret_cast<const FloatPair*>(added + in_tile)[i];
      v[2 * i] = left[i] + pair.left;
      v[2 * i + 1] = right[i] + pair.right;
    }
    if (!result.known || at >= p.columns) {
      continue;
    }
    if (result.image_bias != nullptr) {
      add_eight(result.image_bias + at, v);
    }
    if (result.residual != nullptr) {
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        v[i] += unpack<T>(residual[n].words[i / 2], i & 1);
      }
    }
    *reinterpret_cast<FourWords*>(result.out + at) = {
        {pack<T>(v[0], v[1]), pack<T>(v[2], v[3]), pack<T>(v[4], v[5]), pack<T>(v[6], v[7])}};
  }
}

/// The first half of the tiles holds values, the second one their gates.
template <typename T, int kTiles>
PTRAVEL_DEVICE void finish_gated_row(const MatrixProblem& p,
                                     int row,
                                     int first_column,
                                     const float* added,
                                     float (&pairs)[kTiles][2]) {
  constexpr int kValues = kTiles / 2;
  constexpr int kShared = kValues / 4 * 4;
  const int width = p.columns / 2;
  const int lane = thread_index() & 3;
  T* out = static_cast<T*>(p.out) + static_cast<std::int64_t>(row < 0 ? 0 : row) * width;
  std::uint32_t packed[kValues];
#pragma unroll
  for (int n = 0; n < kValues; ++n) {
    const FloatPair value = reinterpret_cast<const FloatPair*>(added)[n * 4 + lane];
    const FloatPair gate = reinterpret_cast<const FloatPair*>(added)[(kValues + n) * 4 + lane];
    packed[n] = pack<T>(gated_unit(pairs[n][0] + value.left, pairs[kValues + n][0] + gate.left),
                        gated_unit(pairs[n][1] + value.right, pairs[kValues + n][1] + gate.right));
  }
#pragma unroll
  for (int n = 0; n < kShared; n += 4) {
    std::uint32_t four[4] = {packed[n], packed[n + 1], packed[n + 2], packed[n + 3]};
    share_tiles(four);
    const int at = first_column + (n + lane) * 8;
    if (row >= 0 && at < width) {
      *reinterpret_cast<FourWords*>(out + at) = {{four[0], four[1], four[2], four[3]}};
    }
  }
#pragma unroll
  for (int n = kShared; n < kValues; ++n) {
    const int at = first_column + n * 8 + lane * 2;
    if (row >= 0 && at < width) {
      *reinterpret_cast<std::uint32_t*>(out + at) = packed[n];
    }
  }
}

}  // namespace ptravel::cuda
