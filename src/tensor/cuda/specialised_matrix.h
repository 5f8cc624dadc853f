#pragma once

// The matrix product for Hopper: of the three groups of four warps in a block one feeds the others.
// Its first thread has the tensor memory accelerator copy slices of both operands into a ring of
// stages; the two other groups multiply them (wgmma), either the halves of one tile, or tiles in
// turn, so that one group's end of a tile hides behind the other's products. Blocks stay for
// several tiles. The sums are made in the order of matrix_block's, and have its bits.

#include "tensor/cuda/device.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/matrix_products.h"
#include "tensor/cuda/specialised_result.h"

namespace ptravel::cuda {

constexpr int kSpecialisedThreads = 3 * 128;
constexpr int kFeederRegisters = 40;
constexpr int kMultiplierRegisters = 232;

/// A ring, barriers for its stages (full, empty) and one for each group's turn, and what is added
/// to a tile's columns: for this tile and the next, by each group.
constexpr int specialised_memory(int rows, int columns, int stages) {
  return matrix_memory(rows, columns, stages) + 16 * (stages + 1) + 4 * 4 * columns;
}

#if PTRAVEL_WARPGROUPS

/// What a block does next.
struct MatrixUnit {
  int row_tile, column_tile;
  int segment, first, last;  ///< Slices [first, last).
};

PTRAVEL_DEVICE MatrixUnit matrix_unit(const SpecialisedProblem& s, int unit, int slices) {
  const MatrixProblem& p = s.product;
  const int tiles = s.row_tiles * s.column_tiles;
  MatrixUnit u;
  u.segment = unit / tiles;
  const int tile = unit - u.segment * tiles;
  u.row_tile = tile / s.column_tiles;
  u.column_tile = tile - u.row_tile * s.column_tiles;
  const int length = (slices + p.segments - 1) / p.segments;
  u.first = p.split ? u.segment * length : 0;
  u.last = p.split && u.first + length < slices ? u.first + length : slices;
  return u;
}

/// Tells the accelerator what to copy, slice after slice.
template <int kRows, int kColumns, int kStages, bool kGated>
PTRAVEL_DEVICE void feed_products(const SpecialisedProblem& s, std::uint32_t ring) {
  constexpr int kStageBytes = (kRows + kColumns) * kSliceRowBytes;
  constexpr int kHalf = kRows / 2;
  const MatrixProblem& p = s.product;
  const std::uint32_t full = ring + kStages * kStageBytes;
  const std::uint32_t empty = full + 8 * kStages;
  const int slices = matrix_slices(p);
  const int per_tap = (p.channels() + kMatrixDepth - 1) / kMatrixDepth;
  int stage = 0, parity = 1;
  for (int unit = block_x(); unit < s.units(); unit += blocks_x()) {
    const MatrixUnit u = matrix_unit(s, unit, slices);
    const int column = u.column_tile * (kGated ? kColumns / 2 : kColumns);
    const PixelBox boxes[2] = {pixel_box(s.boxes, 2 * u.row_tile),
                               pixel_box(s.boxes, 2 * u.row_tile + 1)};
    int tap = u.first / per_tap;
    int channel = (u.first - tap * per_tap) * kMatrixDepth;
    for (int slice = u.first; slice < u.last; ++slice) {
      const std::uint32_t to = ring + stage * kStageBytes;
      const std::uint32_t barrier = full + 8 * stage;
      const int tap_row = tap / p.kernel;
      const int tap_column = tap - tap_row * p.kernel;
      const bool second = p.part_channels[1] > 0 && channel >= p.part_channels[0];
      const TensorMap& input = s.inputs[second ? 1 : 0];
      const int in_part = channel - (second ? p.part_channels[0] : 0);
      wait_for_phase(empty + 8 * stage, parity);
      arrive_expecting(barrier, kStageBytes);
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const PixelBox& at = boxes[half];
        const int x = at.x + ((at.kind_x + tap_column - p.pad) >> p.doubled);
        const int y = at.y + ((at.kind_y + tap_row - p.pad) >> p.doubled);
        copy_box(to + half * kHalf * kSliceRowBytes, input, barrier, in_part, x, y, at.image);
      }
      const std::uint32_t filters = to + kRows * kSliceRowBytes;
      copy_box(filters, s.weight, barrier, channel, tap, column, 0);
      if (kGated) {
        copy_box(filters + kColumns / 2 * kSliceRowBytes, s.weight, barrier, channel, tap,
                 p.columns / 2 + column, 0);
      }
      channel += kMatrixDepth;
      if (channel >= p.channels()) {
        channel = 0;
        ++tap;
      }
      stage = stage + 1 == kStages ? 0 : stage + 1;
      parity ^= stage == 0 ? 1 : 0;
    }
  }
}

/// kAlternate: the groups take tiles in turn, else a half of each.
template <typename T,
          int kRows,
          int kColumns,
          int kStages,
          bool kAlternate,
          bool kSegmented,
          bool kGated>
PTRAVEL_DEVICE void multiply_slices(const SpecialisedProblem& s,
                                    std::uint32_t ring,
                                    float* added_memory) {
  constexpr int kStageBytes = (kRows + kColumns) * kSliceRowBytes;
  constexpr int kHalf = kRows / 2;
  constexpr int kParts = (kAlternate ? kRows : kHalf) / 64;
  constexpr int kSums = kColumns / 2;
  const MatrixProblem& p = s.product;
  const std::uint32_t full = ring + kStages * kStageBytes;
  const std::uint32_t empty = full + 8 * kStages;
  const int group = (thread_index() >> 7) - 1;
  const int in_group = thread_index() & 127;
  const int first_row = kAlternate ? 0 : group * kHalf;
  const int slices = matrix_slices(p);
  const int length = (slices + p.segments - 1) / p.segments;

  const auto give_back = [&](int stage) {
    if (in_group == 0) {
      arrive(empty + 8 * stage);
    }
  };
  const std::uint32_t turns = empty + 8 * kStages;
  int position = 0;  // Slices of all units before.
  int round = 0;
  for (int unit = block_x(); unit < s.units(); unit += blocks_x(), ++round) {
    const MatrixUnit u = matrix_unit(s, unit, slices);
    const int begin = position;
    position += u.last - u.first;
    if (kAlternate && (round & 1) != group) {
      continue;
    }
    const int turn = round >> 1 & 1;
    const int first_column = u.column_tile * (kGated ? kColumns / 2 : kColumns);
    // This group's last but one use of the memory lies before the barrier of its last tile.
    float* added = added_memory + (2 * group + (kAlternate ? turn : round & 1)) * kColumns;
    if (!p.split) {
      load_added<kColumns, kGated>(p, first_column, added);
    }
    int stage = begin % kStages;
    int parity = begin / kStages & 1;
    float sum[kParts][kSums], total[kSegmented ? kParts : 1][kSegmented ? kSums : 1];
    int before = 0, in_segment = 0;
    if (kAlternate) {
      // A phase's parity tells only neighbours apart: no group may run ahead of the other.
      wait_for_phase(turns + 8 * group, turn ^ (group == 0 ? 1 : 0));
      sync_warp();
    }
    for (int slice = u.first; slice < u.last; ++slice) {
      wait_for_phase(full + 8 * stage, parity);
      sync_warp();
      const std::uint32_t rows = ring + stage * kStageBytes + first_row * kSliceRowBytes;
      const std::uint32_t filters = ring + stage * kStageBytes + kRows * kSliceRowBytes;
      begin_products();
#pragma unroll
      for (int k = 0; k < kMatrixDepth / 16; ++k) {
#pragma unroll
        for (int part = 0; part < kParts; ++part) {
          WarpgroupProduct<T, kColumns>::run(
              sum[part], slice_descriptor(rows + part * 64 * kSliceRowBytes + 32 * k),
              slice_descriptor(filters + 32 * k), in_segment > 0 || k > 0 ? 1 : 0);
        }
      }
      commit_products();
      ++in_segment;
      if (slice > u.first) {
        wait_for_products<1>();
        give_back(before);
      }
      before = stage;
      stage = stage + 1 == kStages ? 0 : stage + 1;
      parity ^= stage == 0 ? 1 : 0;
      if constexpr (kSegmented) {
        if (in_segment == length || slice + 1 == u.last) {
          wait_for_products<0>();
          const bool begins = slice < length;
#pragma unroll
          for (int part = 0; part < kParts; ++part) {
#pragma unroll
            for (int i = 0; i < kSums; ++i) {
              keep_behind(sum[part][i]);
              total[part][i] = begins ? sum[part][i] : total[part][i] + sum[part][i];
            }
          }
          in_segment = 0;
        }
      }
    }
    if (kAlternate && in_group == 0) {
      arrive(turns + 8 * (group ^ 1));
    }
    wait_for_products<0>();
    give_back(before);
    sync_group(group);
    PixelBox box = pixel_box(s.boxes, 2 * u.row_tile + (kAlternate ? 0 : group));
#pragma unroll
    for (int part = 0; part < kParts; ++part) {
      if (kAlternate && part * 64 == kHalf) {
        box = pixel_box(s.boxes, 2 * u.row_tile + 1);
      }
#pragma unroll
      for (int i = 0; i < kSums; ++i) {
        keep_behind(sum[part][i]);
        if constexpr (kSegmented) {
          sum[part][i] = total[part][i];
        }
      }
      for_rows<kColumns>(sum[part], [&](int in_part, auto& pairs) {
        const int row = result_row(s.boxes, box, part * 64 % kHalf + in_part);
        if constexpr (kGated) {
          finish_gated_row<T>(p, row, first_column, added, pairs);
        } else if (!p.split) {
          finish_row<T>(p, row, first_column, added, pairs);
        } else if (row >= 0) {
          float* partial = p.partial + (static_cast<std::int64_t>(u.segment) * p.rows() + row) *
                                           p.partial_pitch();
#pragma unroll
          for (int n = 0; n < kColumns / 8; ++n) {
            const int at = first_column + n * 8 + (thread_index() & 3) * 2;
            if (at < p.partial_pitch()) {
              *reinterpret_cast<FloatPair*>(partial + at) = {pairs[n][0], pairs[n][1]};
            }
          }
        }
      });
    }
  }
}

/// One block.
template <typename T,
          int kRows,
          int kColumns,
          int kStages,
          bool kAlternate,
          bool kSegmented,
          bool kGated>
PTRAVEL_DEVICE void specialised_matrix(const SpecialisedProblem& s) {
  constexpr int kStageBytes = (kRows + kColumns) * kSliceRowBytes;
  char* memory = shared_memory();
  const std::uint32_t ring = shared_address(memory);
  if (thread_index() == 0) {
    for (int stage = 0; stage < kStages; ++stage) {
      begin_barrier(ring + kStages * kStageBytes + 8 * stage, 1);
      begin_barrier(ring + kStages * kStageBytes + 8 * (kStages + stage), kAlternate ? 1 : 2);
    }
    begin_barrier(ring + kStages * (kStageBytes + 16), 1);
    begin_barrier(ring + kStages * (kStageBytes + 16) + 8, 1);
    publish_barriers();
  }
  sync_block();
  if (thread_index() < 128) {
    give_registers<kFeederRegisters>();
    if (thread_index() == 0) {
      feed_products<kRows, kColumns, kStages, kGated>(s, ring);
    }
  } else {
    take_registers<kMultiplierRegisters>();
    multiply_slices<T, kRows, kColumns, kStages, kAlternate, kSegmented, kGated>(
        s, ring, reinterpret_cast<float*>(memory + kStages * (kStageBytes + 16) + 16));
  }
}

#endif

}  // namespace ptravel::cuda
