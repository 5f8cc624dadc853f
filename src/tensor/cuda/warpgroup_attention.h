#pragma once

// What attention asks of Hopper: products with keys and values as they lie in memory, a vote. For
// sm_90a, unless tests have defined all of this before.

#ifndef PTRAVEL_ATTENTION_UNITS
#define PTRAVEL_ATTENTION_UNITS

#include <cstdint>

#include "tensor/cuda/device.h"

#if PTRAVEL_WARPGROUPS

namespace ptravel::cuda {

PTRAVEL_DEVICE bool any_lane(bool value) { return __any_sync(0xffffffffU, value) != 0; }
PTRAVEL_DEVICE std::uint32_t float_bits(float x) { return __float_as_uint(x); }
PTRAVEL_DEVICE float bits_float(std::uint32_t x) { return __uint_as_float(x); }

/// d[kKeys / 2] (+)= queries keys^T for 64 x 16 by kKeys x 16, both in shared memory with their
/// depth along rows; `add` 0 starts from zero.
template <typename T, int kKeys>
struct ScoreProduct;
/// d[kHead / 2] += weights values for 64 x 16 by 16 x kHead: weights from registers, values in
/// shared memory with a key in each row.
template <typename T, int kHead>
struct ValueProduct;

#define PTRAVEL_SCORE_PRODUCT(type, name, keys, registers, operands, last, ...)             \
  template <>                                                                               \
  struct ScoreProduct<type, keys> {                                                         \
    PTRAVEL_DEVICE static void run(float (&d)[keys / 2],                                    \
                                   std::uint64_t queries,                                   \
                                   std::uint64_t from,                                      \
                                   int add) {                                               \
      asm volatile("{\n.reg .pred adds;\nsetp.ne.b32 adds, " last                           \
                   ", 0;\nwgmma.mma_async.sync.aligned.m64n" #keys "k16.f32." name "." name \
                   " {" registers "}, " operands ", adds, 1, 1, 0, 0;\n}\n"                 \
                   : __VA_ARGS__                                                            \
                   : "l"(queries), "l"(from), "r"(add));                                    \
    }                                                                                       \
  };
#define PTRAVEL_VALUE_PRODUCT(type, name, head, registers, weights, values, ...)      \
  template <>                                                                         \
  struct ValueProduct<type, head> {                                                   \
    PTRAVEL_DEVICE static void run(float (&d)[head / 2],                              \
                                   const std::uint32_t (&a)[4],                       \
                                   std::uint64_t from) {                              \
      asm volatile("wgmma.mma_async.sync.aligned.m64n" #head "k16.f32." name "." name \
                   " {" registers "}, {" weights "}, " values ", 1, 1, 1, 1;\n"       \
                   : __VA_ARGS__                                                      \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(from));          \
    }                                                                                 \
  };

#define PTRAVEL_REGISTERS_20 \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19"
#define PTRAVEL_REGISTERS_24 PTRAVEL_REGISTERS_20 ", %20, %21, %22, %23"
#define PTRAVEL_REGISTERS_32 PTRAVEL_REGISTERS_24 ", %24, %25, %26, %27, %28, %29, %30, %31"
#define PTRAVEL_REGISTERS_40 PTRAVEL_REGISTERS_32 ", %32, %33, %34, %35, %36, %37, %38, %39"
#define PTRAVEL_REGISTERS_48 PTRAVEL_REGISTERS_40 ", %40, %41, %42, %43, %44, %45, %46, %47"
#define PTRAVEL_REGISTERS_64 \
  PTRAVEL_REGISTERS_48       \
  ", %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define PTRAVEL_REGISTERS_80 \
  PTRAVEL_REGISTERS_64       \
  ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79"

#define PTRAVEL_SUMS_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define PTRAVEL_SUMS_8(i) PTRAVEL_SUMS_4(i), PTRAVEL_SUMS_4(i + 4)
#define PTRAVEL_SUMS_16(i) PTRAVEL_SUMS_8(i), PTRAVEL_SUMS_8(i + 8)
#define PTRAVEL_SUMS_20 PTRAVEL_SUMS_16(0), PTRAVEL_SUMS_4(16)
#define PTRAVEL_SUMS_24 PTRAVEL_SUMS_16(0), PTRAVEL_SUMS_8(16)
#define PTRAVEL_SUMS_32 PTRAVEL_SUMS_16(0), PTRAVEL_SUMS_16(16)
#define PTRAVEL_SUMS_40 PTRAVEL_SUMS_32, PTRAVEL_SUMS_8(32)
#define PTRAVEL_SUMS_48 PTRAVEL_SUMS_32, PTRAVEL_SUMS_16(32)
#define PTRAVEL_SUMS_64 PTRAVEL_SUMS_48, PTRAVEL_SUMS_16(48)
#define PTRAVEL_SUMS_80 PTRAVEL_SUMS_64, PTRAVEL_SUMS_16(64)

#define PTRAVEL_ATTENTION_PRODUCTS(type, name)                                                     \
  PTRAVEL_SCORE_PRODUCT(type, name, 64, PTRAVEL_REGISTERS_32, "%32, %33", "%34", PTRAVEL_SUMS_32)  \
  PTRAVEL_SCORE_PRODUCT(type, name, 96, PTRAVEL_REGISTERS_48, "%48, %49", "%50", PTRAVEL_SUMS_48)  \
  PTRAVEL_SCORE_PRODUCT(type, name, 128, PTRAVEL_REGISTERS_64, "%64, %65", "%66", PTRAVEL_SUMS_64) \
  PTRAVEL_VALUE_PRODUCT(type, name, 40, PTRAVEL_REGISTERS_20, "%20, %21, %22, %23", "%24",         \
                        PTRAVEL_SUMS_20)                                                           \
  PTRAVEL_VALUE_PRODUCT(type, name, 48, PTRAVEL_REGISTERS_24, "%24, %25, %26, %27", "%28",         \
                        PTRAVEL_SUMS_24)                                                           \
  PTRAVEL_VALUE_PRODUCT(type, name, 64, PTRAVEL_REGISTERS_32, "%32, %33, %34, %35", "%36",         \
                        PTRAVEL_SUMS_32)                                                           \
  PTRAVEL_VALUE_PRODUCT(type, name, 80, PTRAVEL_REGISTERS_40, "%40, %41, %42, %43", "%44",         \
                        PTRAVEL_SUMS_40)                                                           \
  PTRAVEL_VALUE_PRODUCT(type, name, 160, PTRAVEL_REGISTERS_80, "%80, %81, %82, %83", "%84",        \
                        PTRAVEL_SUMS_80)
PTRAVEL_ATTENTION_PRODUCTS(Half, "f16")
PTRAVEL_ATTENTION_PRODUCTS(Bfloat16, "bf16")

#undef PTRAVEL_ATTENTION_PRODUCTS
#undef PTRAVEL_SCORE_PRODUCT
#undef PTRAVEL_VALUE_PRODUCT
#undef PTRAVEL_REGISTERS_20
#undef PTRAVEL_REGISTERS_24
#undef PTRAVEL_REGISTERS_32
#undef PTRAVEL_REGISTERS_40
#undef PTRAVEL_REGISTERS_48
#undef PTRAVEL_REGISTERS_64
#undef PTRAVEL_REGISTERS_80
#undef PTRAVEL_SUMS_4
#undef PTRAVEL_SUMS_8
#undef PTRAVEL_SUMS_16
#undef PTRAVEL_SUMS_20
#undef PTRAVEL_SUMS_24
#undef PTRAVEL_SUMS_32
#undef PTRAVEL_SUMS_40
#undef PTRAVEL_SUMS_48
#undef PTRAVEL_SUMS_64
#undef PTRAVEL_SUMS_80

}  // namespace ptravel::cuda

#endif
#endif
