#pragma once

// What the matrix units do with a slice, in two ways that a block's threads share out differently.

#include "tensor/cuda/matrix_loader.h"

namespace ptravel::cuda {

/// The products of one warp for 16x16 by 16x8 (mma.sync): every card since Ampere. Warps lie two
/// by two over the block's result, 32 rows each.
template <typename T, int kRows, int kColumns>
struct WarpProducts {
  static constexpr int kAcross = kColumns / 2;  // columns of a warp
  static constexpr int kTiles = kAcross / 8;

  PTRAVEL_DEVICE static void run(float (&sum)[kColumns / 2], std::uint32_t stage, bool add) {
    const int lane = thread_index() & 31;
    const int warp = thread_index() >> 5;
    if (!add) {
#pragma unroll
      for (int i = 0; i < kColumns / 2; ++i) {
        sum[i] = 0;
      }
    }
    const std::uint32_t filters = stage + kRows * kSliceRowBytes;
#pragma unroll
    for (int k = 0; k < kMatrixDepth / 16; ++k) {
      std::uint32_t a[2][4];
#pragma unroll
      for (int m = 0; m < 2; ++m) {
        load_matrices(
            a[m], stage + swizzled((warp >> 1) * 32 + m * 16 + (lane & 15), 2 * k + (lane >> 4)));
      }
#pragma unroll
      for (int n = 0; n < kTiles; n += 2) {
        std::uint32_t b[4];
        load_matrices(
            b, filters + swizzled((warp & 1) * kAcross + n * 8 + (lane & 7) + ((lane >> 4) << 3),
                                  2 * k + ((lane >> 3) & 1)));
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          multiply_add<T>(&sum[(m * kTiles + n) * 4], a[m], b[0], b[1]);
          multiply_add<T>(&sum[(m * kTiles + n + 1) * 4], a[m], b[2], b[3]);
        }
      }
    }
  }
  PTRAVEL_DEVICE static void finish_copies() {}
  template <int kGroups>
  PTRAVEL_DEVICE static void wait(float (&)[kColumns / 2]) {}

  /// For each row that this thread has sums of: body(begin(row), column, sums) for the pairs of
  /// sums of some tiles of eight columns side by side, the first at `column`. In each tile the
  /// thread's pair is its lane's, modulo 4.
  template <typename Begin, typename Body>
  PTRAVEL_DEVICE static void for_groups(float (&sum)[kColumns / 2],
                                        const Begin& begin,
                                        const Body& body) {
    const int lane = thread_index() & 31;
    const int warp = thread_index() >> 5;
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const auto row = begin((warp >> 1) * 32 + m * 16 + half * 8 + (lane >> 2));
#pragma unroll
        for (int n = 0; n < kTiles; n += 2) {
          float pairs[2][2];
#pragma unroll
          for (int i = 0; i < 2; ++i) {
            pairs[i][0] = sum[(m * kTiles + n + i) * 4 + half * 2];
            pairs[i][1] = sum[(m * kTiles + n + i) * 4 + half * 2 + 1];
          }
          body(row, (warp & 1) * kAcross + n * 8, pairs);
        }
      }
    }
  }
};

/// The products of groups of four warps, 64 rows each (wgmma): Hopper.
template <typename T, int kRows, int kColumns>
struct WarpgroupProducts {
  PTRAVEL_DEVICE static void run(float (&sum)[kColumns / 2], std::uint32_t stage, bool add);
  PTRAVEL_DEVICE static void finish_copies();
  template <int kGroups>
  PTRAVEL_DEVICE static void wait(float (&sum)[kColumns / 2]);
  template <typename Begin, typename Body>
  PTRAVEL_DEVICE static void for_groups(float (&sum)[kColumns / 2],
                                        const Begin& begin,
                                        const Body& body) {
    const int lane = thread_index() & 31;
    const int warp = thread_index() >> 5;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const auto row = begin(warp * 16 + half * 8 + (lane >> 2));
#pragma unroll
      for (int n = 0; n < kColumns / 8; n += 4) {
        float pairs[4][2];
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          pairs[i][0] = sum[(n + i) * 4 + half * 2];
          pairs[i][1] = sum[(n + i) * 4 + half * 2 + 1];
        }
        body(row, n * 8, pairs);
      }
    }
  }
};

#if PTRAVEL_WARPGROUPS
/// Where a slice lies, as the matrix units are told: rows of 128 bytes, permuted in groups of
/// eight rows that are 1024 bytes apart.
PTRAVEL_DEVICE std::uint64_t slice_descriptor(std::uint32_t address) {
  return static_cast<std::uint64_t>((address & 0x3FFFFU) >> 4) | (std::uint64_t{1} << 16) |
         (std::uint64_t{1024 >> 4} << 32) | (std::uint64_t{1} << 62);
}

template <typename T, int kRows, int kColumns>
PTRAVEL_DEVICE void WarpgroupProducts<T, kRows, kColumns>::run(float (&sum)[kColumns / 2],
                                                               std::uint32_t stage,
                                                               bool add) {
  const std::uint32_t rows = stage + (thread_index() >> 7) * 64 * kSliceRowBytes;
  const std::uint32_t filters = stage + kRows * kSliceRowBytes;
  begin_products();
#pragma unroll
  for (int k = 0; k < kMatrixDepth / 16; ++k) {
    WarpgroupProduct<T, kColumns>::run(sum, slice_descriptor(rows + 32 * k),
                                       slice_descriptor(filters + 32 * k), add || k > 0 ? 1 : 0);
  }
  commit_products();
}
template <typename T, int kRows, int kColumns>
PTRAVEL_DEVICE void WarpgroupProducts<T, kRows, kColumns>::finish_copies() {
  fence_for_matrix_units();
}
template <typename T, int kRows, int kColumns>
template <int kGroups>
PTRAVEL_DEVICE void WarpgroupProducts<T, kRows, kColumns>::wait(float (&sum)[kColumns / 2]) {
  wait_for_products<kGroups>();
#pragma unroll
  for (int i = 0; i < kColumns / 2; ++i) {
    keep_behind(sum[i]);
  }
}
#endif

}  // namespace ptravel::cuda
