#pragma once

// Attention without a matrix of scores for Hopper, whose matrix units take keys and values straight
// from shared memory. Groups of four warps have 64 queries each and walk over the same tiles of
// keys; a ring of tiles and barriers in shared memory let them drift apart, so that some compute
// exponentials while others use the matrix units (Shah et al., 2024).

#include "tensor/cuda/attention_tiles.h"
#include "tensor/cuda/device.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/warpgroup_attention.h"

namespace ptravel::cuda {

/// 2^x on the units for sums and products, to 8e-5 of it: a cubic for the fraction (least largest
/// relative error on [-1/2, 1/2]), the exponent by adding whole numbers.
PTRAVEL_DEVICE float exp2_by_polynomial(float x);

#if PTRAVEL_WARPGROUPS

PTRAVEL_DEVICE float exp2_by_polynomial(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: what is added to it becomes whole
  x = fmaxf(x, -126.0F);
  const float rounded = x + kRound;
  const float fraction = x - (rounded - kRound);
  float power = 0.055171669F * fraction + 0.24261113F;
  power = power * fraction + 0.69326099F;
  power = power * fraction + 0.99992807F;
  return bits_float(float_bits(power) + (float_bits(rounded) << 23));
}

/// Where an operand of core matrices lies, as the matrix units are told: bytes between core
/// matrices along the depth, and between those along the rows.
PTRAVEL_DEVICE std::uint64_t core_descriptor(std::uint32_t address,
                                             std::uint32_t along_first,
                                             std::uint32_t along_second) {
  return static_cast<std::uint64_t>((address & 0x3FFFFU) >> 4) |
         (static_cast<std::uint64_t>(along_first >> 4) << 16) |
         (static_cast<std::uint64_t>(along_second >> 4) << 32);
}

/// Sixteen bytes of shared memory or of a result.
struct alignas(16) ResultPiece {
  std::uint32_t numbers[4];
};

/// Block (rows of queries, head, image).
template <typename T, typename Shape>
PTRAVEL_DEVICE void warpgroup_attention_block(const AttentionProblem& p) {
  constexpr int kKeys = Shape::kKeys, kRows = Shape::kRows, kStages = Shape::kStages;
  constexpr int kWide = Shape::kHead / 8;  // tiles of 8 over a head
  constexpr int kSums = 4 * (kWide + (Shape::kSummed ? 1 : 0));
  constexpr int kQueryPitch = 16 * kRows;
  constexpr int kPitch = 16 * kKeys;
  const std::uint32_t memory = shared_address(shared_memory());
  const std::uint32_t stages = memory + Shape::kStagesAt;
  const std::uint32_t full = memory + Shape::kBarriersAt;
  const std::uint32_t empty = full + 8 * kStages;
  const int lane = thread_index() & 31;
  const int warp = thread_index() >> 5;
  const std::uint32_t turn = empty + 8 * (kStages + (warp >> 2));
  const std::uint32_t turn_of_other = empty + 8 * (kStages + ((warp >> 2) ^ 1));
  const int image = block_z();
  const int first_query = block_x() * kRows;
  const int key_rows = p.key_rows[image];
  const int head_at = block_y() * p.head;
  TileLoader<T, Shape> loader(p, image, head_at);

  int tiles = (key_rows + kKeys - 1) / kKeys;
  if (p.causal) {
    const int seen = (first_query + kRows + kKeys - 1) / kKeys;
    tiles = seen < tiles ? seen : tiles;
  }
  {
    const std::int64_t stride = static_cast<std::int64_t>(p.heads) * p.head;
    const T* queries = static_cast<const T*>(p.queries) + image * p.query_rows * stride + head_at;
    for (int i = thread_index(); i < kRows * Shape::kKeyPieces; i += Shape::kThreads) {
      const int piece = (i >> 3) % Shape::kKeyPieces;
      const int row = (i >> 3) / Shape::kKeyPieces * 8 + (i & 7);
      const bool valid = first_query + row < p.query_rows && piece * 8 < p.head;
      copy_async(memory + piece * kQueryPitch + row * 16,
                 valid ? queries + (first_query + row) * stride + piece * 8 : queries, valid);
    }
    const int used = (tiles < kStages ? tiles : kStages) * kKeys;
    if (Shape::kKeyPieces > Shape::kPieces) {
      // The last piece of each key.
      for (int i = thread_index(); i < used; i += Shape::kThreads) {
        copy_async(
            stages + i / kKeys * Shape::kStageBytes + Shape::kPieces * kPitch + i % kKeys * 16,
            queries, false);
      }
    }
    if (Shape::kSummed) {
      char* ones = shared_memory() + Shape::kStagesAt + Shape::kKeyBytes + kWide * kPitch;
      for (int i = thread_index(); i < used; i += Shape::kThreads) {
        *reinterpret_cast<ResultPiece*>(ones + i / kKeys * Shape::kStageBytes +
                                        i % kKeys * 16) = {{pack<T>(1, 0), 0, 0, 0}};
      }
    }
  }
#pragma unroll
  for (int tile = 0; tile < kStages - 1; ++tile) {
    if (tile < tiles) {
      loader.copy(stages + tile * Shape::kStageBytes, key_rows - tile * kKeys);
    }
    commit_copies();
  }
  if (thread_index() < Shape::kBarriers) {
    begin_barrier(full + 8 * thread_index(), thread_index() < 2 * kStages ? Shape::kWarps : 4);
  }
  wait_for_copies<1>();  // The newest is told of in the loop.
  fence_for_matrix_units();
  sync_block();
  if (lane == 0) {
#pragma unroll
    for (int tile = 0; tile < kStages - 2; ++tile) {
      arrive(full + 8 * tile);
    }
    if (Shape::kTurns && (warp & 4) != 0) {
      arrive(turn_of_other);
    }
  }

  const float to_base_2 = p.scale * 1.44269504F;
  const std::uint64_t query_at = core_descriptor(memory + (warp >> 2) * 64 * 16, kQueryPitch, 128);
  const std::uint64_t keys_at = core_descriptor(stages, kPitch, 128);
  const std::uint64_t values_at = core_descriptor(stages + Shape::kKeyBytes, 128, kPitch);
  float out[kSums];
  float most[2], sum[2];
#pragma unroll
  for (int i = 0; i < kSums; ++i) {
    out[i] = 0;
  }
  most[0] = most[1] = -INFINITY;
  sum[0] = sum[1] = 0;

  for (int tile = 0; tile < tiles; ++tile) {
    const int stage = tile % kStages * (Shape::kStageBytes >> 4);  // in a descriptor's units
    wait_for_phase(full + 8 * (tile % kStages), (tile / kStages) & 1);
    sync_warp();
    if (Shape::kTurns && tile == 0) {
      wait_for_phase(turn, 0);
      sync_warp();
    }
    float scores[kKeys / 2];
    begin_products();
#pragma unroll
    for (int k = 0; k < Shape::kDepth; ++k) {
      ScoreProduct<T, kKeys>::run(scores, query_at + (2 * k * kQueryPitch >> 4),
                                  keys_at + stage + (2 * k * kPitch >> 4), k > 0 ? 1 : 0);
    }
    commit_products();
    wait_for_products<0>();
#pragma unroll
    for (int i = 0; i < kKeys / 2; ++i) {
      keep_behind(scores[i]);
    }
    if (Shape::kTurns) {
      sync_warp();
      if (lane == 0) {
        arrive(turn_of_other);
      }
    }

    const int first_key = tile * kKeys;
    if (first_key + kKeys > key_rows || p.causal) {
#pragma unroll
      for (int i = 0; i < kKeys / 2; ++i) {
        const int row = first_query + warp * 16 + ((i >> 1) & 1) * 8 + (lane >> 2);
        const int key = first_key + (i >> 2) * 8 + (lane & 3) * 2 + (i & 1);
        if (key >= key_rows || (p.causal && key > row)) {
          scores[i] = -INFINITY;
        }
      }
    }
    float before[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float largest[2] = {scores[2 * half], scores[2 * half + 1]};
#pragma unroll
      for (int n = 1; n < kKeys / 8; ++n) {
        largest[0] = fmaxf(largest[0], scores[n * 4 + 2 * half]);
        largest[1] = fmaxf(largest[1], scores[n * 4 + 2 * half + 1]);
      }
      float whole = fmaxf(most[half], fmaxf(largest[0], largest[1]));
      whole = fmaxf(whole, exchange(whole, 1));
      whole = fmaxf(whole, exchange(whole, 2));
      before[half] = exp2_fast((most[half] - whole) * to_base_2);
      most[half] = whole;
    }
    // A factor of one changes no bit: where a whole warp has it, nothing is to be done.
    if (any_lane(before[0] != 1.0F || before[1] != 1.0F)) {
#pragma unroll
      for (int i = 0; i < kSums; ++i) {
        out[i] *= before[(i >> 1) & 1];
      }
      sum[0] *= before[0];
      sum[1] *= before[1];
    }
    std::uint32_t weights[kKeys / 16][4];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float offset = most[half] * to_base_2;
      float added[2] = {0, 0};
#pragma unroll
      for (int n = 0; n < kKeys / 8; ++n) {
        float pair[2];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const float power = scores[n * 4 + 2 * half + i] * to_base_2 - offset;
          pair[i] =
              (2 * n + i) % 8 < Shape::kPolynomials ? exp2_by_polynomial(power) : exp2_fast(power);
          if (!Shape::kSummed) {
            added[i] += pair[i];
          }
        }
        weights[n / 2][n % 2 * 2 + half] = pack<T>(pair[0], pair[1]);
      }
      sum[half] += added[0] + added[1];
    }

    if (tile + kStages - 2 < tiles) {
      wait_for_copies<0>();
      fence_for_matrix_units();
      sync_warp();
      if (lane == 0) {
        arrive(full + 8 * ((tile + kStages - 2) % kStages));
      }
    }
    if (Shape::kTurns) {
      wait_for_phase(turn, (tile + 1) & 1);
      sync_warp();
    }
    begin_products();
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
      ValueProduct<T, kSums * 2>::run(out, weights[k], values_at + stage + (256 * k >> 4));
    }
    commit_products();
    if (tile + kStages - 1 < tiles) {
      const int next = tile + kStages - 1;
      if (tile > 0) {
        wait_for_phase(empty + 8 * (next % kStages), ((tile - 1) / kStages) & 1);
        sync_warp();
      }
      loader.copy(stages + next % kStages * Shape::kStageBytes, key_rows - next * kKeys);
      commit_copies();
    }
    wait_for_products<0>();
#pragma unroll
    for (int i = 0; i < kSums; ++i) {
      keep_behind(out[i]);
    }
    sync_warp();
    if (lane == 0) {
      arrive(empty + 8 * (tile % kStages));
      if (Shape::kTurns && tile + 1 == tiles) {
        arrive(turn_of_other);
      }
    }
  }

  // Each warp's rows go where its queries were, then out in whole pieces.
  sync_group(warp >> 2);
  char* staged = shared_memory() + warp * 16 * 16;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float whole = Shape::kSummed ? out[kSums - 4 + half * 2] : sum[half];
    whole += exchange(whole, 1);
    whole += exchange(whole, 2);
    const float factor = 1.0F / whole;
#pragma unroll
    for (int n = 0; n < kWide; ++n) {
      *reinterpret_cast<std::uint32_t*>(staged + n * kQueryPitch + (half * 8 + (lane >> 2)) * 16 +
                                        (lane & 3) * 4) =
          pack<T>(out[n * 4 + half * 2] * factor, out[n * 4 + half * 2 + 1] * factor);
    }
  }
  sync_warp();
  const std::int64_t stride = static_cast<std::int64_t>(p.heads) * p.head;
  T* results = static_cast<T*>(p.out) + image * p.query_rows * stride + head_at;
  for (int i = lane; i < 16 * kWide; i += 32) {
    const int piece = (i >> 3) % kWide;
    const int row = (i >> 3) / kWide * 8 + (i & 7);
    const int query = first_query + warp * 16 + row;
    if (query < p.query_rows && piece * 8 < p.head) {
      *reinterpret_cast<ResultPiece*>(results + query * stride + piece * 8) =
          *reinterpret_cast<const ResultPiece*>(staged + piece * kQueryPitch + row * 16);
    }
  }
}

#endif

}  // namespace ptravel::cuda
