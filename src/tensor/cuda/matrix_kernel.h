#pragma once

// The matrix product that convolutions and linear maps are made of. A block computes kRows x
// kColumns numbers of the result; its threads, two for each row, copy slices of both operands into
// a ring of stages in shared memory while the matrix units work on an earlier one. Large blocks
// read less, small ones keep more of a card busy; the bits are the same.

#include "tensor/cuda/matrix_loader.h"
#include "tensor/cuda/matrix_products.h"
#include "tensor/cuda/matrix_result.h"

namespace ptravel::cuda {

constexpr int kThreadsForNumbers = 256;  // where each has eight numbers of its own

/// One block. kSegmented: several segments one after the other, with their own sums. kFlying: 1
/// where the products of a slice may still be under way when those of the next begin; then a stage
/// is filled again one slice later.
template <typename T,
          int kRows,
          int kColumns,
          int kStages,
          int kFlying,
          bool kSegmented,
          typename Products>
PTRAVEL_DEVICE void matrix_block(const MatrixProblem& p) {
  constexpr int kStageBytes = (kRows + kColumns) * kSliceRowBytes;
  constexpr int kSums = kColumns / 2;
  constexpr int kAhead = kStages - 1 - kFlying;
  char* memory = shared_memory();
  const std::uint32_t ring = shared_address(memory);
  const int across = (p.columns + kColumns - 1) / kColumns;
  const int tile_row = block_x() / across;
  const int first_row = tile_row * kRows;
  const int first_column = (block_x() - tile_row * across) * kColumns;

  const int slices = matrix_slices(p);
  const int length = (slices + p.segments - 1) / p.segments;
  const int first = p.split ? block_y() * length : 0;
  const int last = p.split && first + length < slices ? first + length : slices;

  MatrixLoader<T, kRows, kColumns> loader(p, first_row, first_column, first);
  for (int s = 0; s < kAhead; ++s) {
    if (first + s < last) {
      loader.copy(ring + s * kStageBytes);
    }
    commit_copies();
  }
  float sum[kSums], total[kSegmented ? kSums : 1];
#pragma unroll
  for (int i = 0; i < kSums; ++i) {
    sum[i] = 0;
  }
  if (kSegmented) {
#pragma unroll
    for (int i = 0; i < kSums; ++i) {
      total[i] = 0;
    }
  }
  int stage = 0, next = kAhead, in_segment = 0;
  for (int slice = first; slice < last; ++slice) {
    wait_for_copies<kAhead - 1>();
    Products::finish_copies();
    sync_block();
    Products::run(sum, ring + stage * kStageBytes, in_segment > 0);
    if (slice + kAhead < last) {
      loader.copy(ring + next * kStageBytes);
    }
    commit_copies();
    Products::template wait<kFlying>(sum);
    stage = stage + 1 == kStages ? 0 : stage + 1;
    next = next + 1 == kStages ? 0 : next + 1;
    ++in_segment;
    if (kSegmented && (in_segment == length || slice + 1 == last)) {
      Products::template wait<0>(sum);
      const bool begins = slice < length;
#pragma unroll
      for (int i = 0; i < kSums; ++i) {
        total[i] = begins ? sum[i] : total[i] + sum[i];
      }
      in_segment = 0;
    }
  }
  Products::template wait<0>(sum);
  if (kSegmented) {
#pragma unroll
    for (int i = 0; i < kSums; ++i) {
      sum[i] = total[i];
    }
  }
  if (p.split) {
    float* partial =
        p.partial + static_cast<std::int64_t>(block_y()) * p.rows() * p.partial_pitch();
    const int lane = thread_index() & 3;
    Products::for_groups(
        sum,
        [&](int row) {
          return first_row + row < p.rows()
                     ? partial + static_cast<std::int64_t>(first_row + row) * p.partial_pitch()
                     : nullptr;
        },
        [&](float* row, int column, auto& pairs) {
          constexpr int kTiles = sizeof(pairs) / sizeof(pairs[0]);
#pragma unroll
          for (int i = 0; i < kTiles; ++i) {
            const int at = first_column + column + i * 8 + lane * 2;
            if (row != nullptr && at < p.partial_pitch()) {
              *reinterpret_cast<FloatPair*>(row + at) = {pairs[i][0], pairs[i][1]};
            }
          }
        });
    return;
  }
  Products::for_groups(
      sum, [&](int row) { return ResultRow<T>(p, first_row + row); },
      [&](const ResultRow<T>& row, int column, auto& pairs) {
        finish_tiles<T>(p, row, first_column + column, pairs);
      });
}

/// Adds up the segments of a split product, and finishes it; one thread for eight neighbours.
template <typename T>
PTRAVEL_DEVICE void matrix_sum(const MatrixProblem& p) {
  const auto across = static_cast<unsigned>(p.partial_pitch() / 8);
  const unsigned i = static_cast<unsigned>(block_x()) * kThreadsForNumbers + thread_index();
  if (i >= across * static_cast<unsigned>(p.rows())) {
    return;
  }
  const auto row = static_cast<int>(i / across);
  const int column = static_cast<int>(i - row * across) * 8;
  struct alignas(16) Floats {
    float numbers[4];
  };
  float v[8] = {};
  for (int segment = 0; segment < p.segments; ++segment) {
    const float* partial =
        p.partial + (static_cast<std::int64_t>(segment) * p.rows() + row) * p.partial_pitch() +
        column;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const Floats four = *reinterpret_cast<const Floats*>(partial + half * 4);
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        v[half * 4 + j] = segment == 0 ? four.numbers[j] : v[half * 4 + j] + four.numbers[j];
      }
    }
  }
  const float* image_bias = p.image_bias;
  if (image_bias != nullptr && p.image_bias_step != 0) {
    image_bias += static_cast<std::int64_t>(row / (p.out_height * p.out_width)) * p.image_bias_step;
  }
  const std::int64_t first = static_cast<std::int64_t>(row) * p.columns + column;
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    if (column + j < p.columns) {
      v[j] += p.bias != nullptr ? p.bias[column + j] : 0.0F;
      v[j] += image_bias != nullptr ? image_bias[column + j] : 0.0F;
      v[j] += p.residual != nullptr ? to_float(static_cast<const T*>(p.residual)[first + j]) : 0.0F;
    }
  }
  if (p.out_float) {
    for (int j = 0; j < 8 && column + j < p.columns; ++j) {
      static_cast<float*>(p.out)[first + j] = v[j];
    }
  } else if ((p.columns & 7) == 0) {
    struct alignas(16) Eight {
      std::uint32_t pairs[4];
    };
    *reinterpret_cast<Eight*>(static_cast<T*>(p.out) + first) = {
        {pack<T>(v[0], v[1]), pack<T>(v[2], v[3]), pack<T>(v[4], v[5]), pack<T>(v[6], v[7])}};
  } else {
    for (int j = 0; j < 8 && column + j < p.columns; ++j) {
      static_cast<T*>(p.out)[first + j] = from_float<T>(v[j]);
    }
  }
}

/// A convolution of few channels, a thread for each number of the result.
template <typename T>
PTRAVEL_DEVICE void narrow_convolution(const MatrixProblem& p) {
  const unsigned i = static_cast<unsigned>(block_x()) * kThreadsForNumbers + thread_index();
  const auto columns = static_cast<unsigned>(p.columns);
  if (i >= static_cast<unsigned>(p.rows()) * columns) {
    return;
  }
  const auto row = static_cast<int>(i / columns);
  const auto column = static_cast<int>(i - row * columns);
  const int pixels = p.out_height * p.out_width;
  const int image = row / pixels;
  const int pixel = row - image * pixels;
  const int y0 = pixel / p.out_width * p.stride - p.pad;
  const int x0 = pixel % p.out_width * p.stride - p.pad;
  const int channels = p.part_channels[0];
  const T* x = static_cast<const T*>(p.parts[0]);
  const T* weight = static_cast<const T*>(p.weight) +
                    static_cast<std::int64_t>(column) * p.kernel * p.kernel * channels;
  float sum = 0;
  for (int r = 0; r < p.kernel; ++r) {
    for (int s = 0; s < p.kernel; ++s) {
      const int y = y0 + r, at = x0 + s;
      if (y < 0 || at < 0 || y >= p.height || at >= p.width) {
        continue;
      }
      const T* from =
          x + ((static_cast<std::int64_t>(image) * p.height + y) * p.width + at) * channels;
      for (int c = 0; c < channels; ++c) {
        sum += to_float(from[c]) * to_float(weight[(r * p.kernel + s) * channels + c]);
      }
    }
  }
  sum += p.bias != nullptr ? p.bias[column] : 0.0F;
  if (p.out_float) {
    static_cast<float*>(p.out)[i] = sum;
  } else {
    static_cast<T*>(p.out)[i] = from_float<T>(sum);
  }
}

}  // namespace ptravel::cuda
