#pragma once

// Normalisations and the gated linear unit: one pass over memory to read, one to write, eight
// neighbours of 16 bits in each access, sums in fp32.

#include "tensor/cuda/device.h"
#include "tensor/cuda/gated_unit.h"
#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

constexpr int kNormThreads = 256;
/// Pieces of eight numbers for each thread of group normalisation's second pass, about.
constexpr int kPiecesPerThread = 8;

template <typename T>
struct alignas(16) EightNumbers {
  T numbers[8];
};

struct alignas(16) EightFloats {
  float numbers[8];
};

/// Of kLanes lanes side by side, in a fixed order; all have it.
template <int kLanes>
PTRAVEL_DEVICE float sum_of_lanes(float sum) {
#pragma unroll
  for (int mask = kLanes / 2; mask > 0; mask >>= 1) {
    sum += exchange(sum, mask);
  }
  return sum;
}

/// The piece of eight channels at `channel` of a pixel of one image.
template <typename T>
PTRAVEL_DEVICE EightNumbers<T> read_piece(const GroupNormProblem& p,
                                          std::int64_t pixel,
                                          int channel) {
  const int second = channel >= p.part_channels[0] ? 1 : 0;
  const int at = second != 0 ? channel - p.part_channels[0] : channel;
  return *reinterpret_cast<const EightNumbers<T>*>(static_cast<const T*>(p.parts[second]) +
                                                   pixel * p.part_channels[second] + at);
}

/// Sums of x - shift and its square over a chunk of an image's pixels, by group, where shift is the
/// image's first number in the group. Block (chunk, image).
template <typename T>
PTRAVEL_DEVICE void group_sums(const GroupNormProblem& p) {
  auto* shared = reinterpret_cast<float*>(shared_memory());  // [groups][threads with a piece][2]
  const int channels = p.channels();
  const int pieces = channels / 8;
  const int lines = kNormThreads / pieces > 0 ? kNormThreads / pieces : 1;
  const int across = pieces < kNormThreads ? pieces : kNormThreads;
  const int chunks = blocks_x();
  const int chunk = block_x(), image = block_y();
  const int from = static_cast<int>(static_cast<std::int64_t>(p.pixels) * chunk / chunks);
  const int to = static_cast<int>(static_cast<std::int64_t>(p.pixels) * (chunk + 1) / chunks);
  const int width = channels / p.groups;
  const std::int64_t first_pixel = static_cast<std::int64_t>(image) * p.pixels;
  const int line = thread_index() / across;

  float* sums = shared;  // [channels][lines][2]
  if (line < lines) {
    for (int piece = thread_index() - line * across; piece < pieces; piece += across) {
      float shift[8], sum[8], square[8];
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        const int group_begin = (piece * 8 + i) / width * width;
        const EightNumbers<T> start = read_piece<T>(p, first_pixel, group_begin & ~7);
        shift[i] = to_float(start.numbers[group_begin & 7]);
        sum[i] = 0;
        square[i] = 0;
      }
#pragma unroll 4
      for (int pixel = from + line; pixel < to; pixel += lines) {
        const EightNumbers<T> x = read_piece<T>(p, first_pixel + pixel, piece * 8);
#pragma unroll
        for (int i = 0; i < 8; ++i) {
          const float d = to_float(x.numbers[i]) - shift[i];
          sum[i] += d;
          square[i] += d * d;
        }
      }
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        float* at = sums + ((piece * 8 + i) * lines + line) * 2;
        at[0] = sum[i];
        at[1] = square[i];
      }
    }
  }
  sync_block();
  // Eight threads for each group, in a fixed order.
  for (int first = 0; first < p.groups; first += kNormThreads / 8) {
    const int group = first + thread_index() / 8;
    float sum = 0, square = 0;
    if (group < p.groups) {
      const int all = width * lines;
      for (int i = thread_index() & 7; i < all; i += 8) {
        const float* at = sums + (group * all + i) * 2;
        sum += at[0];
        square += at[1];
      }
    }
    sum = sum_of_lanes<8>(sum);
    square = sum_of_lanes<8>(square);
    if (group < p.groups && (thread_index() & 7) == 0) {
      float* at =
          p.sums + ((static_cast<std::int64_t>(image) * chunks + chunk) * p.groups + group) * 2;
      at[0] = sum;
      at[1] = square;
    }
  }
}

/// Bytes of shared memory for group_sums.
inline int group_sums_memory(int channels) {
  const int pieces = channels / 8;
  const int lines = kNormThreads / pieces > 0 ? kNormThreads / pieces : 1;
  return channels * lines * 2 * 4 + 1024;
}

/// y = x * factor + term by channel, SiLU behind it. Block (share of the pixels, image).
template <typename T>
PTRAVEL_DEVICE void group_apply(const GroupNormProblem& p, int chunks) {
  auto* shared = reinterpret_cast<float*>(shared_memory());
  const int channels = p.channels();
  const int pieces = channels / 8;
  const int width = channels / p.groups;
  const int image = block_y();
  float* group_mean = shared;  // [groups], then 1 / deviation [groups]
  const std::int64_t first_pixel = static_cast<std::int64_t>(image) * p.pixels;
  for (int first = 0; first < p.groups; first += kNormThreads / 8) {
    const int group = first + thread_index() / 8;
    float sum = 0, square = 0;
    if (group < p.groups) {
      for (int chunk = thread_index() & 7; chunk < chunks; chunk += 8) {
        const float* at =
            p.sums + ((static_cast<std::int64_t>(image) * chunks + chunk) * p.groups + group) * 2;
        sum += at[0];
        square += at[1];
      }
    }
    sum = sum_of_lanes<8>(sum);
    square = sum_of_lanes<8>(square);
    if (group < p.groups && (thread_index() & 7) == 0) {
      const float count = static_cast<float>(p.pixels) * static_cast<float>(width);
      const int channel = group * width;
      const EightNumbers<T> start = read_piece<T>(p, first_pixel, channel & ~7);
      const float shifted = sum / count;
      const float variance = square / count - shifted * shifted;
      group_mean[group] = to_float(start.numbers[channel & 7]) + shifted;
      group_mean[p.groups + group] = reciprocal_root((variance > 0 ? variance : 0.0F) + p.eps);
    }
  }
  sync_block();
  // Each thread has its piece of eight channels, and goes from pixel to pixel.
  const int across = pieces < kNormThreads ? pieces : kNormThreads;
  const int lines = kNormThreads / across;
  const int line = thread_index() / across;
  const int from = static_cast<int>(static_cast<std::int64_t>(p.pixels) * block_x() / blocks_x());
  const int to =
      static_cast<int>(static_cast<std::int64_t>(p.pixels) * (block_x() + 1) / blocks_x());
  if (line >= lines) {
    return;
  }
  T* out = static_cast<T*>(p.out) + first_pixel * channels;
  for (int piece = thread_index() - line * across; piece < pieces; piece += across) {
    float factor[8], term[8];
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const int channel = piece * 8 + j;
      const int group = channel / width;
      factor[j] = group_mean[p.groups + group] * p.weight[channel];
      term[j] = p.bias[channel] - group_mean[group] * factor[j];
    }
#pragma unroll 4
    for (int pixel = from + line; pixel < to; pixel += lines) {
      const EightNumbers<T> x = read_piece<T>(p, first_pixel + pixel, piece * 8);
      EightNumbers<T> y;
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        float value = to_float(x.numbers[j]) * factor[j] + term[j];
        if (p.silu) {
          value = divide_fast(value, 1.0F + exp_fast(-value));
        }
        y.numbers[j] = from_float<T>(value);
      }
      *reinterpret_cast<EightNumbers<T>*>(out + static_cast<std::int64_t>(pixel) * channels +
                                          piece * 8) = y;
    }
  }
}

/// Bytes of shared memory for group_apply.
inline int group_apply_memory(int groups) { return 2 * groups * 4 + 1024; }

/// A warp for each row, which it holds in registers.
template <typename T>
PTRAVEL_DEVICE void layer_norm_row(const LayerNormProblem& p) {
  constexpr int kMostPieces = kWidestRow / 8 / 32;
  const int lane = thread_index() & 31;
  const std::int64_t row =
      static_cast<std::int64_t>(block_x()) * (kNormThreads / 32) + (thread_index() >> 5);
  if (row >= p.rows) {
    return;
  }
  const int pieces = p.width / 8;
  const auto* x =
      reinterpret_cast<const EightNumbers<T>*>(static_cast<const T*>(p.x) + row * p.width);
  float values[kMostPieces][8];
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kMostPieces; ++i) {
    const int piece = lane + 32 * i;
    if (piece < pieces) {
      const EightNumbers<T> eight = x[piece];
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        values[i][j] = to_float(eight.numbers[j]);
        sum += values[i][j];
      }
    }
  }
  sum = sum_of_lanes<32>(sum);
  const float mean = sum / static_cast<float>(p.width);
  float square = 0;
#pragma unroll
  for (int i = 0; i < kMostPieces; ++i) {
    if (lane + 32 * i < pieces) {
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        values[i][j] -= mean;
        square += values[i][j] * values[i][j];
      }
    }
  }
  square = sum_of_lanes<32>(square);
  const float factor = reciprocal_root(square / static_cast<float>(p.width) + p.eps);
  auto* out = reinterpret_cast<EightNumbers<T>*>(static_cast<T*>(p.out) + row * p.width);
#pragma unroll
  for (int i = 0; i < kMostPieces; ++i) {
    const int piece = lane + 32 * i;
    if (piece < pieces) {
      const EightFloats weight = reinterpret_cast<const EightFloats*>(p.weight)[piece];
      const EightFloats bias = reinterpret_cast<const EightFloats*>(p.bias)[piece];
      EightNumbers<T> y;
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        y.numbers[j] = from_float<T>(values[i][j] * factor * weight.numbers[j] + bias.numbers[j]);
      }
      out[piece] = y;
    }
  }
}

/// Eight numbers for each thread.
template <typename T>
PTRAVEL_DEVICE void geglu_piece(const void* x, void* out, int rows, int width) {
  const auto pieces = static_cast<unsigned>(width / 8);
  const unsigned i = static_cast<unsigned>(block_x()) * kNormThreads + thread_index();
  if (i >= static_cast<unsigned>(rows) * pieces) {
    return;
  }
  const unsigned row = i / pieces;
  const auto* from =
      static_cast<const EightNumbers<T>*>(x) + std::uint64_t{row} * 2 * pieces + (i - row * pieces);
  const EightNumbers<T> values = from[0];
  const EightNumbers<T> gates = from[pieces];
  EightNumbers<T> y;
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    y.numbers[j] =
        from_float<T>(gated_unit(to_float(values.numbers[j]), to_float(gates.numbers[j])));
  }
  static_cast<EightNumbers<T>*>(out)[i] = y;
}

}  // namespace ptravel::cuda
