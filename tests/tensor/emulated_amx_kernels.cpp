// The kernels of AMX with tiles in plain memory, for processors that have none.

#define PTRAVEL_LANES 16
#include "tensor/cpu/attention_amx_kernels.h"
#include "tensor/cpu/kernel_table.h"

namespace ptravel::cpu {
namespace {

/// Does what Intel's manual says of the instructions, except that small numbers are kept. Without
/// configuration everything becomes NaN.
struct EmulatedTiles {
  static constexpr int kSide = 16;
  using Tile = float[kSide][kSide];
  static inline thread_local Tile tiles[8];
  static inline thread_local bool configured = false;

  static void fill(float value) {
    for (Tile& tile : tiles) {
      for (auto& row : tile) {
        for (float& number : row) {
          number = value;
        }
      }
    }
  }
  static void configure() {
    fill(configured ? __builtin_nanf("") : 0.0F);
    configured = true;
  }
  static void release() {
    fill(__builtin_nanf(""));
    configured = false;
  }

  template <int kTile>
  static void zero() {
    static_assert(kTile < 8);
    for (auto& row : tiles[kTile]) {
      for (float& number : row) {
        number = configured ? 0.0F : __builtin_nanf("");
      }
    }
  }
  template <int kTile>
  static void load(const float* from, std::int64_t stride) {
    static_assert(kTile < 8);
    for (int row = 0; row < kSide; ++row) {
      __builtin_memcpy(tiles[kTile][row], from + row * stride, sizeof(tiles[kTile][row]));
    }
  }
  template <int kTile>
  static void store(float* to, std::int64_t stride) {
    for (int row = 0; row < kSide; ++row) {
      __builtin_memcpy(to + row * stride, tiles[kTile][row], sizeof(tiles[kTile][row]));
    }
  }
  /// Products of the pairs' first and second halves are summed apart, then added to the tile.
  template <int kSums, int kLeft, int kRight>
  static void dot() {
    static_assert(kSums != kLeft && kSums != kRight && kLeft != kRight);
    for (int row = 0; row < kSide; ++row) {
      float low[kSide] = {}, high[kSide] = {};
      for (int k = 0; k < kSide; ++k) {
        for (int column = 0; column < kSide; ++column) {
          const auto left = __builtin_bit_cast(std::uint32_t, tiles[kLeft][row][k]);
          const auto right = __builtin_bit_cast(std::uint32_t, tiles[kRight][k][column]);
          low[column] += wide(left << 16) * wide(right << 16);
          high[column] += wide(left & 0xffff0000U) * wide(right & 0xffff0000U);
        }
      }
      for (int column = 0; column < kSide; ++column) {
        tiles[kSums][row][column] += low[column] + high[column];
      }
    }
  }

  static float wide(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }
};

}  // namespace

extern const Kernels kEmulatedAmxKernels;
const Kernels kEmulatedAmxKernels = make_table<TileAttention<EmulatedTiles>>("emulated amx");

}  // namespace ptravel::cpu
