#pragma once

// What becomes of a block's sums: bias, residual, rounding.

#include "tensor/cuda/device.h"
#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

PTRAVEL_DEVICE std::uint32_t from_lane(std::uint32_t bits, int mask) {
  return exchange_bits(bits, mask);
}
PTRAVEL_DEVICE float from_lane(float number, int mask) { return exchange(number, mask); }

/// Four lanes have something of each of four tiles; then each has all of the tile of its number, in
/// the order of the lanes.
template <typename Word>
PTRAVEL_DEVICE void share_tiles(Word (&words)[4]) {
  const bool odd = (thread_index() & 1) != 0;
  const bool high = (thread_index() & 2) != 0;
#pragma unroll
  for (int i = 0; i < 4; i += 2) {
    const Word got = from_lane(odd ? words[i] : words[i + 1], 1);
    words[i] = odd ? got : words[i];
    words[i + 1] = odd ? words[i + 1] : got;
  }
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const Word got = from_lane(high ? words[i] : words[i + 2], 2);
    words[i] = high ? got : words[i];
    words[i + 2] = high ? words[i + 2] : got;
  }
}

/// Where a row of the result is, and what is added to it. The columns are a multiple of 8.
template <typename T>
struct ResultRow {
  PTRAVEL_DEVICE ResultRow(const MatrixProblem& p, int row) : known(row < p.rows()) {
    const std::int64_t first = static_cast<std::int64_t>(row) * p.columns;
    out = static_cast<T*>(p.out) + first;
    residual = p.residual != nullptr ? static_cast<const T*>(p.residual) + first : nullptr;
    image_bias = p.image_bias;
    if (image_bias != nullptr && p.image_bias_step != 0) {
      image_bias +=
          static_cast<std::int64_t>(row / (p.out_height * p.out_width)) * p.image_bias_step;
    }
  }

  bool known;
  T* out;
  const T* residual;
  const float* image_bias;
};

struct alignas(8) FloatPair {
  float left, right;
};

PTRAVEL_DEVICE void add_pair(const float* from, int at, float (&pair)[2]) {
  const FloatPair added = *reinterpret_cast<const FloatPair*>(from + at);
  pair[0] += added.left;
  pair[1] += added.right;
}

/// Eight neighbours, which lie at a multiple of 16 bytes.
PTRAVEL_DEVICE void add_eight(const float* from, float (&v)[8]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const FourWords four = load_constant(from + half * 4);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      v[half * 4 + i] += float_of(four.words[i]);
    }
  }
}

/// Finishes what a thread has of kTiles tiles of eight columns of a row, and writes it.
template <typename T, int kTiles>
PTRAVEL_DEVICE void finish_tiles(const MatrixProblem& p,
                                 const ResultRow<T>& row,
                                 int column,
                                 float (&pairs)[kTiles][2]) {
  const int lane = thread_index() & 3;
  std::uint32_t packed[kTiles];
#pragma unroll
  for (int i = 0; i < kTiles; ++i) {
    const int at = column + i * 8 + lane * 2;
    if (row.known && at < p.columns) {
      if (p.bias != nullptr) {
        add_pair(p.bias, at, pairs[i]);
      }
      if (row.image_bias != nullptr) {
        add_pair(row.image_bias, at, pairs[i]);
      }
      if (row.residual != nullptr) {
        const auto both = *reinterpret_cast<const std::uint32_t*>(row.residual + at);
        pairs[i][0] += unpack<T>(both, 0);
        pairs[i][1] += unpack<T>(both, 1);
      }
    }
    packed[i] = pack<T>(pairs[i][0], pairs[i][1]);
  }
  if constexpr (kTiles == 4) {
    share_tiles(packed);
    const int at = column + lane * 8;
    if (row.known && at < p.columns) {
      struct alignas(16) Tile {
        std::uint32_t pairs[4];
      };
      *reinterpret_cast<Tile*>(row.out + at) = {{packed[0], packed[1], packed[2], packed[3]}};
    }
  } else {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      const int at = column + i * 8 + lane * 2;
      if (row.known && at < p.columns) {
        *reinterpret_cast<std::uint32_t*>(row.out + at) = packed[i];
      }
    }
  }
}

}  // namespace ptravel::cuda
