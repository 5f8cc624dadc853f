#pragma once

// How operands of attention lie in shared memory, where Hopper's matrix units take them, and how
// they come there. Everything lies in pieces of 16 bytes: eight rows' pieces are a "core matrix" of
// 128 bytes, those of all rows follow each other, then comes the next piece of all rows. No
// permutation: copies write and matrix units read whole core matrices.

#include <cstdint>

#include "tensor/cuda/device.h"
#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

/// Heads of up to `head` numbers; `keys` in a tile; `groups` of 64 queries; `stages` of the ring;
/// `blocks` on a multiprocessor. The matrix units add up a row's weights, too, where `summed`, as
/// one more column of values that are all 1. `polynomials` of eight exponentials are computed
/// without the unit for them. Where `turns`, the groups of a pair use the matrix units in turn,
/// each while the other computes exponentials; otherwise as it comes.
template <int head,
          int keys,
          int groups,
          int stages,
          int blocks,
          bool summed = false,
          int polynomials = 0,
          bool turns = false>
struct AttentionShape {
  static constexpr int kHead = head, kKeys = keys, kGroups = groups, kStages = stages;
  static constexpr bool kSummed = summed, kTurns = turns;
  static constexpr int kBlocks = blocks, kPolynomials = polynomials;
  static constexpr int kRows = 64 * groups;
  static constexpr int kWarps = 4 * groups;
  static constexpr int kThreads = 32 * kWarps;
  static constexpr int kDepth = (head + 15) / 16;  // steps over a head in products of 16
  static constexpr int kKeyPieces = 2 * kDepth;
  static constexpr int kPieces = head / 8;
  static constexpr int kKeyBytes = 16 * keys * kKeyPieces;
  static constexpr int kStageBytes = kKeyBytes + 16 * keys * (kPieces + (summed ? 1 : 0));
  static constexpr int kStagesAt = 16 * kRows * kKeyPieces;  // behind the queries
  static constexpr int kBarriersAt = kStagesAt + stages * kStageBytes;
  static constexpr int kBarriers = 2 * stages + groups;
  static constexpr int kMemory = kBarriersAt + 8 * kBarriers + 1024;
  static_assert(!turns || groups % 2 == 0);
};

/// Copies tiles: the first half of a block's warps those of keys, the others those of values. Each
/// lane has a row of eight and every fourth piece; what is left of a row is shared out among all.
template <typename T, typename Shape>
struct TileLoader {
  static constexpr int kRows = 2 * Shape::kKeys / Shape::kWarps;  // of a warp
  static constexpr int kEights = kRows / 8;
  static constexpr int kWhole = Shape::kPieces / 4;
  static constexpr int kRest = Shape::kPieces % 4;
  static constexpr int kRestRows = kRest == 0 ? 0 : 32 / kRest;  // with one instruction
  static constexpr int kRestCopies = (kEights * kRest + 3) / 4;
  static constexpr int kPitch = 16 * Shape::kKeys;  // from a piece to the next
  static_assert(kRows % 8 == 0 && kRest < 3);

  PTRAVEL_DEVICE TileLoader(const AttentionProblem& p, int image, int head_at) {
    const int lane = thread_index() & 31;
    const int warp = thread_index() >> 5;
    const bool of_values = warp >= Shape::kWarps / 2;
    const std::uint32_t part = of_values ? Shape::kKeyBytes : 0;
    first = (warp - (of_values ? Shape::kWarps / 2 : 0)) * kRows;
    start = static_cast<const T*>(of_values ? p.values[image] : p.keys[image]) + head_at;
    stride = p.heads * p.head;
    pieces = p.head / 8;
    piece = lane >> 3;
    row = first + (lane & 7);
    to = part + static_cast<std::uint32_t>(row * 16 + piece * kPitch);
    from = start + static_cast<std::int64_t>(row) * stride + piece * 8;
    rest_from = start;
    if constexpr (kRest > 0) {
      rest_piece = 4 * kWhole + piece % kRest;
      rest_row = row + piece / kRest * 8;
      rest_to = part + static_cast<std::uint32_t>(rest_row * 16 + rest_piece * kPitch);
      rest_from = start + static_cast<std::int64_t>(rest_row) * stride + rest_piece * 8;
    }
  }

  /// The next tile; its rows from `left` on are zero.
  PTRAVEL_DEVICE void copy(std::uint32_t stage, int left) {
    if (left >= Shape::kKeys && pieces == Shape::kPieces) {
      copy<false>(stage, left);
    } else {
      copy<true>(stage, left);
    }
    from += Shape::kKeys * static_cast<std::int64_t>(stride);
    rest_from += Shape::kKeys * static_cast<std::int64_t>(stride);
  }

  template <bool kBounded>
  PTRAVEL_DEVICE void copy(std::uint32_t stage, int left) const {
#pragma unroll
    for (int i = 0; i < kEights; ++i) {
#pragma unroll
      for (int a = 0; a < kWhole; ++a) {
        const bool valid = !kBounded || (row + 8 * i < left && piece + 4 * a < pieces);
        copy_async(stage + to + 128 * i + 4 * kPitch * a,
                   valid ? from + static_cast<std::int64_t>(8 * i) * stride + 32 * a : start,
                   valid);
      }
    }
#pragma unroll
    for (int i = 0; i < kRestCopies; ++i) {
      const int at = rest_row + kRestRows * i;
      const bool valid = !kBounded || (at < left && rest_piece < pieces);
      if (kEights * kRest % 4 == 0 || at < first + kRows) {
        copy_async(stage + rest_to + 16 * kRestRows * i,
                   valid ? rest_from + static_cast<std::int64_t>(kRestRows * i) * stride : start,
                   valid);
      }
    }
  }

  const T* start;
  const T* from;       ///< This lane's row and piece of the next tile,
  const T* rest_from;  ///< and those of what is left of it.
  std::uint32_t to, rest_to = 0;
  int stride, pieces, first, piece, row, rest_piece = 0, rest_row = 0;
};

}  // namespace ptravel::cuda
