// Short vectors of floats in the compiler's own vector types. Included once by each
// kernels_<set>.cpp, which is compiled for that instruction set and defines PTRAVEL_LANES.
// Everything is in an unnamed namespace, and nothing here instantiates inline library functions:
// code for one set must never be merged with another's by the linker.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace ptravel::cpu {
namespace {

constexpr std::int64_t kLanes = PTRAVEL_LANES;

using Vec = float __attribute__((vector_size(PTRAVEL_LANES * 4)));
using Bits = std::uint32_t __attribute__((vector_size(PTRAVEL_LANES * 4)));
using HalfBits = std::uint16_t __attribute__((vector_size(PTRAVEL_LANES * 2)));

/// A bfloat16 in memory.
struct Bf16 {
  std::uint16_t bits;
};

inline Vec splat(float x) { return x - Vec{}; }

inline Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}

inline Bits widen(HalfBits half) {
#if defined(__AVX512F__)
  // One instruction, where the compiler's conversion takes four.
  return reinterpret_cast<Bits>(
      _mm512_maskz_cvtepu16_epi32(0xffff, reinterpret_cast<__m256i>(half)));
#else
  return __builtin_convertvector(half, Bits);
#endif
}

inline Vec load(const Bf16* p) {
  HalfBits half;
  __builtin_memcpy(&half, p, sizeof(half));
  return reinterpret_cast<Vec>(widen(half) << 16);
}

inline void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof(v)); }

/// Rounds to the nearest bfloat16, ties to even; NaN stays NaN.
inline HalfBits to_bf16(Vec v) {
#if defined(__AVX512BF16__)
  const auto packed = _mm512_cvtneps_pbh(reinterpret_cast<__m512>(v));
  HalfBits half;
  __builtin_memcpy(&half, &packed, sizeof(half));
  return half;
#else
  const Bits bits = reinterpret_cast<Bits>(v);
  const Bits rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  const Bits quiet = (bits >> 16) | 0x40U;
  return __builtin_convertvector(v != v ? quiet : rounded, HalfBits);
#endif
}

inline void store(Bf16* p, Vec v) {
  const HalfBits half = to_bf16(v);
  __builtin_memcpy(p, &half, sizeof(half));
}

/// Loads the first `count` < kLanes elements; the others are zero.
template <typename T>
inline Vec load_some(const T* p, std::int64_t count) {
  T lanes[kLanes] = {};
  for (std::int64_t i = 0; i < count; ++i) {
    lanes[i] = p[i];
  }
  return load(lanes);
}

template <typename T>
inline void store_some(T* p, Vec v, std::int64_t count) {
  T lanes[kLanes];
  store(lanes, v);
  for (std::int64_t i = 0; i < count; ++i) {
    p[i] = lanes[i];
  }
}

/// Walks over `count` elements, a vector at a time and then the rest: body(i, n) handles elements
/// [i, i + n), n = kLanes except perhaps in the last call.
template <typename Body>
inline void for_lanes(std::int64_t count, Body&& body) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    body(i, kLanes);
  }
  if (i < count) {
    body(i, count - i);
  }
}

template <typename T>
inline Vec load_n(const T* p, std::int64_t count) {
  return __builtin_expect(count == kLanes, 1) ? load(p) : load_some(p, count);
}

template <typename T>
inline void store_n(T* p, Vec v, std::int64_t count) {
  if (__builtin_expect(count == kLanes, 1)) {
    store(p, v);
  } else {
    store_some(p, v, count);
  }
}

/// The first `count` lanes of v, zeros behind them.
inline Vec keep_first(Vec v, std::int64_t count) {
  for (std::int64_t i = count; i < kLanes; ++i) {
    v[i] = 0;
  }
  return v;
}

inline Vec max(Vec a, Vec b) { return a > b ? a : b; }
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }

inline float sum_of(Vec v) {
  float total = 0;
  for (std::int64_t i = 0; i < kLanes; ++i) {
    total += v[i];
  }
  return total;
}

/// Lanes whose index has bit kBit are taken from b, the others from a; from the lane whose index
/// has the bit cleared, or set where kUpper.
template <int kBit, bool kUpper, int... kLane>
inline Vec interleave(Vec a, Vec b, std::integer_sequence<int, kLane...>) {
  return __builtin_shufflevector(
      a, b, ((kUpper ? kLane | kBit : kLane & ~kBit) + ((kLane & kBit) != 0 ? int{kLanes} : 0))...);
}

template <int kBit>
inline void transpose_pairs(Vec* rows) {
  constexpr auto lanes = std::make_integer_sequence<int, kLanes>();
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & kBit) == 0) {
      const Vec a = rows[i], b = rows[i | kBit];
      rows[i] = interleave<kBit, false>(a, b, lanes);
      rows[i | kBit] = interleave<kBit, true>(a, b, lanes);
    }
  }
}

/// Transposes a matrix of kLanes rows.
inline void transpose(Vec* rows) {
  transpose_pairs<1>(rows);
  transpose_pairs<2>(rows);
#if PTRAVEL_LANES >= 8
  transpose_pairs<4>(rows);
#endif
#if PTRAVEL_LANES >= 16
  transpose_pairs<8>(rows);
#endif
}

/// e^x to about one unit in the last place; 0 below -86, infinity above 88.
/// Argument reduction by Cody and Waite, polynomial coefficients of Cephes' expf.
inline Vec exp(Vec x) {
  constexpr float kRound =
      12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const Vec clamped = min(x, splat(88.0F));
  const Vec shifted = clamped * 1.44269504F + kRound;
  const Vec n = shifted - kRound;
  const Vec r = (clamped - n * 0.693359375F) + n * 2.12194440e-4F;
  Vec p = 1.9875691500e-4F * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const Bits scaled = reinterpret_cast<Bits>(p) + (reinterpret_cast<Bits>(shifted) << 23);
  const Vec result = reinterpret_cast<Vec>(scaled);
  const Vec not_small = x < splat(-86.0F) ? Vec{} : result;
  const Vec not_large = x > splat(88.0F) ? splat(__builtin_inff()) : not_small;
  return x != x ? x : not_large;
}

#if defined(__AVX512BF16__)
/// 2^x with a relative error of 1e-4, for what is then rounded to bf16; 0 for -infinity.
inline Vec rough_exp2(Vec x) {
  // x - floor(x), and later * 2^floor(x).
  const __m512 whole = reinterpret_cast<__m512>(x);
  const Vec r = reinterpret_cast<Vec>(_mm512_reduce_ps(whole, _MM_FROUND_TO_NEG_INF));
  const Vec p = ((r * 0.0780245227F + 0.226067155F) * r + 0.695833541F) * r + 0.999925219F;
  return reinterpret_cast<Vec>(_mm512_maskz_scalef_ps(0xffff, reinterpret_cast<__m512>(p), whole));
}

/// Rounds to bf16: `low` in the lower halves of the lanes, `high` in the upper.
inline Bits pairs_of_bf16(Vec low, Vec high) {
  const auto halves =
      _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low));
  // The 16-bit lanes 0, 16, 1, 17, ...
  Bits lanes;
  for (int i = 0; i < kLanes; ++i) {
    lanes[i] = static_cast<std::uint32_t>(i | (i + kLanes) << 16);
  }
  return reinterpret_cast<Bits>(_mm512_permutexvar_epi16(reinterpret_cast<__m512i>(lanes),
                                                         reinterpret_cast<__m512i>(halves)));
}
#endif

/// erf(x) to a few units in the last place: odd rational function on [-4, 4] (the form and the
/// coefficients that Eigen and XLA use).
inline Vec erf(Vec x) {
  const Vec z = max(min(x, splat(4.0F)), splat(-4.0F));
  const Vec z2 = z * z;
  Vec a = z2 * -2.72614225801306e-10F + 2.77068142495902e-08F;
  a = a * z2 - 2.10102402082508e-06F;
  a = a * z2 - 5.69250639462346e-05F;
  a = a * z2 - 7.34990630326855e-04F;
  a = a * z2 - 2.95459980854025e-03F;
  a = a * z2 - 1.60960333262415e-02F;
  Vec b = z2 * -1.45660718464996e-05F - 2.13374055278905e-04F;
  b = b * z2 - 1.68282697438203e-03F;
  b = b * z2 - 7.37332916720468e-03F;
  b = b * z2 - 1.42647390514189e-02F;
  return z * a / b;
}

inline Vec sigmoid(Vec x) { return 1.0F / (1.0F + exp(-x)); }
inline Vec silu(Vec x) { return x * sigmoid(x); }
inline Vec quick_gelu(Vec x) { return x * sigmoid(x * 1.702F); }
inline Vec gelu(Vec x) { return 0.5F * x * (1.0F + erf(x * 0.70710678F)); }

}  // namespace
}  // namespace ptravel::cpu
