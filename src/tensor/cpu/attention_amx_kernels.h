// Attention whose products of bf16 run on AMX tiles; see vector.h for how this file is compiled.
//
// A tile holds 16 rows of 64 bytes. Operands in units are what its instruction takes: the left
// factor has rows of 16 pairs, the right one 16 rows of pairs, the sums are floats.

#pragma once

#include "tensor/cpu/attention_kernels.h"

namespace ptravel::cpu {
namespace {

template <int kValue>
struct Number {
  static constexpr int value = kValue;
};

/// Calls body(Number<0>()), ..., body(Number<kCount - 1>()): tiles are named by constants.
template <int kCount, typename Body>
[[gnu::always_inline]] inline void for_numbers(Body&& body) {
  if constexpr (kCount > 0) {
    for_numbers<kCount - 1>(body);
    body(Number<kCount - 1>{});
  }
}

/// Products on tiles, like VectorProducts. `Tiles` has these static functions:
///   configure(), release()          before the first and after the last of the others in a thread
///   zero<tile>()
///   load<tile>(from, stride)        16 rows of 16 units, `stride` units apart; also
///   store<tile>(to, stride)
///   dot<sums, left, right>()        sums += left * right
template <typename Tiles>
struct TileProducts {
  using Units = PairUnits;
  static constexpr std::int64_t kSide = 16;
  static constexpr std::int64_t kRowStep = kSide, kUnitStep = kSide;

  struct Session {
    Session() { Tiles::configure(); }
    ~Session() { Tiles::release(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
  };

  static void multiply(const float* a,
                       std::int64_t a_stride,
                       std::int64_t rows,
                       const float* b,
                       std::int64_t units,
                       std::int64_t columns,
                       float* sums,
                       bool add) {
    const auto band = [&]<int kColumnTiles>() {
      std::int64_t row = 0;
      for (; row + 2 * kSide <= rows; row += 2 * kSide) {
        multiply_tiles<2, kColumnTiles>(a + row * a_stride, a_stride, b, units,
                                        sums + row * kQueryBlock, add);
      }
      if (row < rows) {
        multiply_tiles<1, kColumnTiles>(a + row * a_stride, a_stride, b, units,
                                        sums + row * kQueryBlock, add);
      }
    };
    static_assert(kQueryBlock == 3 * kSide);
    switch (columns / kSide) {
      case 1:
        band.template operator()<1>();
        break;
      case 2:
        band.template operator()<2>();
        break;
      default:
        band.template operator()<3>();
    }
  }

 private:
  /// At most 2 x 3 sums, which leaves two of the eight tiles for the factors.
  template <int kRowTiles, int kColumnTiles>
  static void multiply_tiles(const float* a,
                             std::int64_t a_stride,
                             const float* b,
                             std::int64_t units,
                             float* sums,
                             bool add) {
    constexpr int kLeft = 6, kRight = 7;
    static_assert(kRowTiles * kColumnTiles <= kLeft);
    const auto sums_of = [&](int tile) {
      return sums + tile / kColumnTiles * kSide * kQueryBlock + tile % kColumnTiles * kSide;
    };
    for_numbers<kRowTiles * kColumnTiles>([&](auto tile) {
      if (add) {
        Tiles::template load<tile.value>(sums_of(tile.value), kQueryBlock);
      } else {
        Tiles::template zero<tile.value>();
      }
    });
    for (std::int64_t u = 0; u < units; u += kSide) {
      for_numbers<kRowTiles>([&](auto r) {
        Tiles::template load<kLeft>(a + r.value * kSide * a_stride + u, a_stride);
        for_numbers<kColumnTiles>([&](auto c) {
          Tiles::template load<kRight>(b + u * kQueryBlock + c.value * kSide, kQueryBlock);
          Tiles::template dot<r.value * kColumnTiles + c.value, kLeft, kRight>();
        });
      });
    }
    for_numbers<kRowTiles * kColumnTiles>(
        [&](auto tile) { Tiles::template store<tile.value>(sums_of(tile.value), kQueryBlock); });
  }
};

template <typename T, typename Tiles>
struct TileProductsFor {
  using Type = VectorProducts<FloatUnits>;
};
template <typename Tiles>
struct TileProductsFor<Bf16, Tiles> {
  using Type = TileProducts<Tiles>;
};

/// Attention that multiplies bf16 on tiles, floats on vectors.
template <typename Tiles>
struct TileAttention {
  template <typename T>
  using Products = typename TileProductsFor<T, Tiles>::Type;
};

}  // namespace
}  // namespace ptravel::cpu
