// What attention multiplies; see vector.h for how this file is compiled.
//
// All operands are kept in 32-bit units: a float, or two bf16 that one instruction multiplies and
// adds.

#pragma once

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/vector.h"

namespace ptravel::cpu {
namespace {

constexpr float kInfinity = __builtin_inff();

constexpr std::int64_t round_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

/// Units are floats; bf16 input is widened.
struct FloatUnits {
  static constexpr std::int64_t kPerUnit = 1;
  /// power(x * kPowers) = e^x.
  static constexpr float kPowers = 1.0F;

  static Vec multiply_add(float a, Vec b, Vec sum) { return sum + a * b; }
  static Vec power(Vec x) { return exp(x); }

  static float unit(const float* p, std::int64_t) { return *p; }
  static float unit(const Bf16* p, std::int64_t) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(p->bits) << 16);
  }
  template <typename T>
  static float unit_across(const T* p, std::int64_t, std::int64_t) {
    return unit(p, 1);
  }
  /// The units of p[0], p[1], ... of which `left` elements are there, zeros behind them.
  template <typename T>
  static Vec load_units(const T* p, std::int64_t left) {
    return left >= kLanes ? load(p) : load_some(p, left);
  }
  /// The units of one row, or of no row.
  template <typename T>
  static Vec load_across(const T* p, std::int64_t, std::int64_t rows, std::int64_t left) {
    return rows > 0 ? load_units(p, left) : Vec{};
  }
  static Vec across(const Vec* rows) { return rows[0]; }
};

#if defined(__AVX512BF16__)
/// Units are pairs of bf16.
struct PairUnits {
  static constexpr std::int64_t kPerUnit = 2;
  static constexpr float kPowers = 1.44269504F;

  static float pair(std::uint32_t low, std::uint32_t high) {
    return __builtin_bit_cast(float, low | high << 16);
  }
  static Vec multiply_add(float a, Vec b, Vec sum) {
    const Bits pairs = __builtin_bit_cast(std::uint32_t, a) + Bits{};
    const auto left = reinterpret_cast<__m512bh>(pairs);
    const auto right = reinterpret_cast<__m512bh>(b);
    return reinterpret_cast<Vec>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), left, right));
  }
  static Vec power(Vec x) { return rough_exp2(x); }

  /// Elements p[0], p[1]; the second is zero when only `left` = 1 is there.
  static float unit(const Bf16* p, std::int64_t left) {
    return pair(p[0].bits, left > 1 ? p[1].bits : 0);
  }
  /// Elements of two rows, `stride` apart.
  static float unit_across(const Bf16* p, std::int64_t stride, std::int64_t left) {
    return pair(p[0].bits, left > 1 ? p[stride].bits : 0);
  }
  static Vec load_units(const Bf16* p, std::int64_t left) {
    constexpr std::int64_t kElements = 2 * kLanes;
    Vec units{};
    if (left >= kElements) {
      __builtin_memcpy(&units, p, sizeof(units));
    } else {
      __builtin_memcpy(&units, p, static_cast<std::size_t>(left) * sizeof(Bf16));
    }
    return units;
  }
  /// The units of two rows, `stride` apart, of which `rows` are there.
  static Vec load_across(const Bf16* p, std::int64_t stride, std::int64_t rows, std::int64_t left) {
    const auto row = [&](std::int64_t i) {
      return reinterpret_cast<Bits>(rows > i ? load_n(p + i * stride, left) : Vec{});
    };
    return reinterpret_cast<Vec>(row(0) >> 16 | row(1));
  }
  /// The units of two rows, rounded to bf16.
  static Vec across(const Vec* rows) {
    return reinterpret_cast<Vec>(pairs_of_bf16(rows[0], rows[1]));
  }
};
#endif

template <typename T>
struct UnitsFor {
  using Type = FloatUnits;
};
#if defined(__AVX512BF16__)
template <>
struct UnitsFor<Bf16> {
  using Type = PairUnits;
};
#endif

/// The left factor of a product: the unit at (row, unit) is data[row * row_stride + unit *
/// unit_stride].
struct LeftFactor {
  const float* data;
  std::int64_t row_stride;
  std::int64_t unit_stride;
};

/// sums[kRows, width] (+)= a[kRows, units] * b[units, width], width = kVectors * kLanes. Rows of b
/// and sums are `b_stride` and `sums_stride` apart.
template <typename Units, int kRows, int kVectors>
[[gnu::always_inline]] inline void multiply_tile(LeftFactor a,
                                                 const float* b,
                                                 std::int64_t b_stride,
                                                 std::int64_t units,
                                                 float* sums,
                                                 std::int64_t sums_stride,
                                                 bool add) {
  Vec tile[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      tile[r][v] = add ? load(sums + r * sums_stride + v * kLanes) : Vec{};
    }
  }
  for (std::int64_t u = 0; u < units; ++u) {
    // The rows of the next tile, where they follow on these: with many channels they are far away.
    __builtin_prefetch(a.data + kRows * (a.row_stride + u));
    Vec column[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      column[v] = load(b + u * b_stride + v * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const float left = a.data[r * a.row_stride + u * a.unit_stride];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        tile[r][v] = Units::multiply_add(left, column[v], tile[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      store(sums + r * sums_stride + v * kLanes, tile[r][v]);
    }
  }
}

}  // namespace
}  // namespace ptravel::cpu
