// Number formats of files on vectors; see vector.h for how this file is compiled.

#pragma once

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/vector.h"

namespace ptravel::cpu {
namespace {

/// An IEEE half in memory.
struct Half {
  std::uint16_t bits;
};

inline Vec load(const Half* p) {
  HalfBits half;
  __builtin_memcpy(&half, p, sizeof(half));
  const Bits bits = __builtin_convertvector(half, Bits);
  // Exponent and fraction moved to a float's place stand for the number divided by 2^112, also
  // where it is subnormal; infinities and NaNs keep all exponent bits set.
  const Vec small = reinterpret_cast<Vec>((bits & 0x7fffU) << 13);
  const Bits finite = reinterpret_cast<Bits>(small * 0x1p112F);
  const Bits special = ((bits & 0x7fffU) << 13) | 0x7f800000U;
  const Bits magnitude = (bits & 0x7c00U) == 0x7c00U ? special : finite;
  return reinterpret_cast<Vec>(magnitude | (bits & 0x8000U) << 16);
}

/// Returns false where a number is infinite or NaN.
template <typename From, typename To>
bool convert_numbers(const From* x, To* y, std::int64_t count) {
  Bits broken{};
  for_lanes(count, [&](std::int64_t i, std::int64_t n) {
    const Vec value = load_n(x + i, n);
    broken |= (reinterpret_cast<Bits>(value) & 0x7f800000U) == 0x7f800000U ? Bits{} + 1U : Bits{};
    store_n(y + i, value, n);
  });
  std::uint32_t any = 0;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    any |= broken[lane];
  }
  return any == 0;
}

}  // namespace
}  // namespace ptravel::cpu
