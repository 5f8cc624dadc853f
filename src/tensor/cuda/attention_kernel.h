#pragma once

// Attention without a matrix of scores (Dao et al., 2022; Dao, 2023): a block of four warps keeps
// its queries in registers and walks over the keys, 64 at a time, with running maximum and sum.

#include "tensor/cuda/device.h"
#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

constexpr int kAttentionThreads = 128;
constexpr int kKeysAtOnce = 64;

/// Rows of queries in a block: 16 for each of `tiles` of a warp.
constexpr int attention_rows(int tiles) { return 4 * 16 * tiles; }
/// Numbers between rows in shared memory: whole tiles of 16 and 16 bytes, so that the eight rows of
/// a matrix lie in different banks.
constexpr int attention_pitch(int head) { return (head + 15) / 16 * 16 + 8; }
constexpr int attention_memory(int head, int tiles) {
  const int keys = 4 * kKeysAtOnce;  // two stages of keys and of values
  const int rows = keys > attention_rows(tiles) ? keys : attention_rows(tiles);
  return rows * attention_pitch(head) * 2 + 1024;
}

/// Heads of up to kHead numbers (a multiple of 8). Block (rows of queries, head, image).
template <typename T, int kHead, int kTiles>
PTRAVEL_DEVICE void attention_block(const AttentionProblem& p) {
  constexpr int kPitch = attention_pitch(kHead);
  constexpr int kPitchBytes = kPitch * 2;
  constexpr int kDepth = (kHead + 15) / 16;  // steps over a head in products of 16
  constexpr int kPieces = 2 * kDepth;        // of 16 bytes in a row
  constexpr int kWide = kHead / 8;           // tiles of 8 over a head
  constexpr int kStage = 2 * kKeysAtOnce * kPitchBytes;
  const std::uint32_t memory = shared_address(shared_memory());
  const int lane = thread_index() & 31;
  const int warp = thread_index() >> 5;
  const int image = block_z();
  const int first_query = block_x() * attention_rows(kTiles);
  const std::int64_t stride = static_cast<std::int64_t>(p.heads) * p.head;
  const int head_at = block_y() * p.head;
  const T* queries = static_cast<const T*>(p.queries) + image * p.query_rows * stride + head_at;
  const T* keys = static_cast<const T*>(p.keys[image]) + head_at;
  const T* values = static_cast<const T*>(p.values[image]) + head_at;
  const int key_rows = p.key_rows[image];

  // Each thread copies the same pieces of 16 bytes of every tile of keys and values; what is wider
  // than a head stays zero.
  constexpr int kCopies = (kKeysAtOnce * (kHead / 8) + kAttentionThreads - 1) / kAttentionThreads;
  int copied_row[kCopies], copied_from[kCopies];
  std::uint32_t copied_to[kCopies];
#pragma unroll
  for (int i = 0; i < kCopies; ++i) {
    const int number = thread_index() + i * kAttentionThreads;
    const int row = number / (kHead / 8);
    const int piece = number - row * (kHead / 8);
    const bool used = row < kKeysAtOnce;
    copied_row[i] = used && piece * 8 < p.head ? row : 1 << 29;
    copied_from[i] = used ? row * static_cast<int>(stride) + piece * 8 : 0;
    copied_to[i] = used ? static_cast<std::uint32_t>(row * kPitchBytes + piece * 16) : ~0U;
  }
  const auto copy_rows = [&](std::uint32_t to, const T* from, int first, int count, int rows) {
    for (int i = thread_index(); i < count * kPieces; i += kAttentionThreads) {
      const int row = i / kPieces;
      const int piece = i - row * kPieces;
      const bool valid = first + row < rows && piece * 8 < p.head;
      copy_async(to + row * kPitchBytes + piece * 16,
                 valid ? from + (first + row) * stride + piece * 8 : from, valid);
    }
  };

  copy_rows(memory, queries, first_query, attention_rows(kTiles), p.query_rows);
  commit_copies();
  wait_for_copies<0>();
  sync_block();
  std::uint32_t q[kTiles][kDepth][4];
#pragma unroll
  for (int m = 0; m < kTiles; ++m) {
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
      load_matrices(q[m][k], memory + ((warp * kTiles + m) * 16 + (lane & 15)) * kPitchBytes +
                                 k * 32 + (lane >> 4) * 16);
    }
  }
  sync_block();  // Keys go where the queries were.

  int tiles = (key_rows + kKeysAtOnce - 1) / kKeysAtOnce;
  if (p.causal) {
    const int seen = (first_query + attention_rows(kTiles) + kKeysAtOnce - 1) / kKeysAtOnce;
    tiles = seen < tiles ? seen : tiles;
  }
  const auto copy_stage = [&](int tile) {
    const std::uint32_t stage = memory + (tile & 1) * kStage;
    const std::int64_t first = static_cast<std::int64_t>(tile) * kKeysAtOnce * stride;
    const int left = key_rows - tile * kKeysAtOnce;
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      if (copied_to[i] != ~0U) {
        const bool valid = copied_row[i] < left;
        const std::int64_t from = valid ? first + copied_from[i] : 0;
        copy_async(stage + copied_to[i], keys + from, valid);
        copy_async(stage + kStage / 2 + copied_to[i], values + from, valid);
      }
    }
  };
  if (kPieces > kHead / 8) {
    // The last piece of each row, in both stages.
    for (int row = thread_index(); row < 4 * kKeysAtOnce; row += kAttentionThreads) {
      copy_async(memory + row * kPitchBytes + (kPieces - 1) * 16, keys, false);
    }
  }
  copy_stage(0);
  commit_copies();

  const float to_base_2 = p.scale * 1.44269504F;
  float out[kTiles][kWide][4];
  float most[kTiles][2], sum[kTiles][2];
#pragma unroll
  for (int m = 0; m < kTiles; ++m) {
#pragma unroll
    for (int n = 0; n < kWide; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        out[m][n][i] = 0;
      }
    }
    most[m][0] = most[m][1] = -INFINITY;
    sum[m][0] = sum[m][1] = 0;
  }

  for (int tile = 0; tile < tiles; ++tile) {
    wait_for_copies<0>();
    sync_block();  // All see this tile, and have read the one before it.
    if (tile + 1 < tiles) {
      copy_stage(tile + 1);
    }
    commit_copies();
    const std::uint32_t key_slice = memory + (tile & 1) * kStage;
    const std::uint32_t value_slice = key_slice + kStage / 2;

    float scores[kTiles][8][4];
#pragma unroll
    for (int m = 0; m < kTiles; ++m) {
#pragma unroll
      for (int n = 0; n < 8; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          scores[m][n][i] = 0;
        }
      }
    }
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
#pragma unroll
      for (int n = 0; n < 8; n += 2) {
        std::uint32_t b[4];
        load_matrices(b, key_slice + (n * 8 + (lane & 7) + ((lane >> 4) << 3)) * kPitchBytes +
                             k * 32 + ((lane >> 3) & 1) * 16);
#pragma unroll
        for (int m = 0; m < kTiles; ++m) {
          multiply_add<T>(scores[m][n], q[m][k], b[0], b[1]);
          multiply_add<T>(scores[m][n + 1], q[m][k], b[2], b[3]);
        }
      }
    }

    const int first_key = tile * kKeysAtOnce;
    if (first_key + kKeysAtOnce > key_rows || p.causal) {
#pragma unroll
      for (int m = 0; m < kTiles; ++m) {
#pragma unroll
        for (int n = 0; n < 8; ++n) {
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const int row = first_query + (warp * kTiles + m) * 16 + (i >> 1) * 8 + (lane >> 2);
            const int key = first_key + n * 8 + (lane & 3) * 2 + (i & 1);
            if (key >= key_rows || (p.causal && key > row)) {
              scores[m][n][i] = -INFINITY;
            }
          }
        }
      }
    }
#pragma unroll
    for (int m = 0; m < kTiles; ++m) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float largest = most[m][half];
#pragma unroll
        for (int n = 0; n < 8; ++n) {
          largest = fmaxf(largest, fmaxf(scores[m][n][half * 2], scores[m][n][half * 2 + 1]));
        }
        largest = fmaxf(largest, exchange(largest, 1));
        largest = fmaxf(largest, exchange(largest, 2));
        const float before = exp2_fast((most[m][half] - largest) * to_base_2);
        most[m][half] = largest;
        const float offset = largest * to_base_2;
        float added = 0;
#pragma unroll
        for (int n = 0; n < 8; ++n) {
#pragma unroll
          for (int i = 0; i < 2; ++i) {
            float& score = scores[m][n][half * 2 + i];
            score = exp2_fast(score * to_base_2 - offset);
            added += score;
          }
        }
        sum[m][half] = sum[m][half] * before + added;
#pragma unroll
        for (int n = 0; n < kWide; ++n) {
          out[m][n][half * 2] *= before;
          out[m][n][half * 2 + 1] *= before;
        }
      }
    }

#pragma unroll
    for (int k = 0; k < kKeysAtOnce / 16; ++k) {
      std::uint32_t weights[kTiles][4];
#pragma unroll
      for (int m = 0; m < kTiles; ++m) {
        weights[m][0] = pack<T>(scores[m][2 * k][0], scores[m][2 * k][1]);
        weights[m][1] = pack<T>(scores[m][2 * k][2], scores[m][2 * k][3]);
        weights[m][2] = pack<T>(scores[m][2 * k + 1][0], scores[m][2 * k + 1][1]);
        weights[m][3] = pack<T>(scores[m][2 * k + 1][2], scores[m][2 * k + 1][3]);
      }
#pragma unroll
      for (int n = 0; n < kWide; n += 2) {
        std::uint32_t b[4];
        load_matrices_transposed(
            b, value_slice + (k * 16 + (lane & 15)) * kPitchBytes + n * 16 + (lane >> 4) * 16);
#pragma unroll
        for (int m = 0; m < kTiles; ++m) {
          multiply_add<T>(out[m][n], weights[m], b[0], b[1]);
          if (n + 1 < kWide) {
            multiply_add<T>(out[m][n + 1], weights[m], b[2], b[3]);
          }
        }
      }
    }
  }

#pragma unroll
  for (int m = 0; m < kTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float whole = sum[m][half];
      whole += exchange(whole, 1);
      whole += exchange(whole, 2);
      const float factor = 1.0F / whole;
      const int row = first_query + (warp * kTiles + m) * 16 + half * 8 + (lane >> 2);
      if (row < p.query_rows) {
        T* to = static_cast<T*>(p.out) +
                (static_cast<std::int64_t>(image) * p.query_rows + row) * stride + head_at;
#pragma unroll
        for (int n = 0; n < kWide; ++n) {
          const int column = n * 8 + (lane & 3) * 2;
          if (column < p.head) {
            *reinterpret_cast<std::uint32_t*>(to + column) =
                pack<T>(out[m][n][half * 2] * factor, out[m][n][half * 2 + 1] * factor);
          }
        }
      }
    }
  }
}

}  // namespace ptravel::cuda
