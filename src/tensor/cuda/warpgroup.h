#pragma once

// wgmma: products of 64 rows by a group of four warps, straight from shared memory (PTX ISA,
// "Asynchronous Warpgroup Level Matrix Instructions"). Included by device.h for sm_90a.

#include <cstdint>

#include "tensor/cuda/device.h"

namespace ptravel::cuda {

/// Makes what copies wrote to shared memory visible to the matrix units; before the barrier.
PTRAVEL_DEVICE void fence_for_matrix_units() {
  asm volatile("fence.proxy.async.shared::cta;\n" ::: "memory");
}
PTRAVEL_DEVICE void begin_products() { asm volatile("wgmma.fence.sync.aligned;\n" ::: "memory"); }
PTRAVEL_DEVICE void commit_products() {
  asm volatile("wgmma.commit_group.sync.aligned;\n" ::: "memory");
}
/// Until all but the newest `kGroups` groups of products are done.
template <int kGroups>
PTRAVEL_DEVICE void wait_for_products() {
  asm volatile("wgmma.wait_group.sync.aligned %0;\n" ::"n"(kGroups) : "memory");
}
/// The compiler may not use x earlier than here.
PTRAVEL_DEVICE void keep_behind(float& x) { asm volatile("" : "+f"(x)::"memory"); }

/// d[kColumns / 2] (+)= a b^T for 64 x 16 by kColumns x 16; `add` 0 starts from zero.
template <typename T, int kColumns>
struct WarpgroupProduct;

#define PTRAVEL_WARPGROUP_PRODUCT(type, name, columns, registers, operands, last, ...)         \
  template <>                                                                                  \
  struct WarpgroupProduct<type, columns> {                                                     \
    PTRAVEL_DEVICE static void run(float (&d)[columns / 2],                                    \
                                   std::uint64_t a,                                            \
                                   std::uint64_t b,                                            \
                                   int add) {                                                  \
      asm volatile("{\n.reg .pred adds;\nsetp.ne.b32 adds, %" last                             \
                   ", 0;\nwgmma.mma_async.sync.aligned.m64n" #columns "k16.f32." name "." name \
                   " " registers ", " operands ", adds, 1, 1, 0, 0;\n}\n"                      \
                   : __VA_ARGS__                                                               \
                   : "l"(a), "l"(b), "r"(add));                                                \
    }                                                                                          \
  };

#define PTRAVEL_REGISTERS_128                                                        \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "          \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}"
#define PTRAVEL_NUMBERS_128                                                                       \
  "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), \
      "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),    \
      "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]),  \
      "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]),  \
      "+f"(d[29]), "+f"(d[30]), "+f"(d[31]), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]),  \
      "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]),  \
      "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]), "+f"(d[49]),  \
      "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]), "+f"(d[56]),  \
      "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63])
PTRAVEL_WARPGROUP_PRODUCT(
    Half, "f16", 128, PTRAVEL_REGISTERS_128, "%64, %65", "66", PTRAVEL_NUMBERS_128)
PTRAVEL_WARPGROUP_PRODUCT(
    Bfloat16, "bf16", 128, PTRAVEL_REGISTERS_128, "%64, %65", "66", PTRAVEL_NUMBERS_128)

#define PTRAVEL_REGISTERS_160                                                        \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "          \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, " \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79}"
#define PTRAVEL_NUMBERS_160                                                                       \
  "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), \
      "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),    \
      "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]),  \
      "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]),  \
      "+f"(d[29]), "+f"(d[30]), "+f"(d[31]), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]),  \
      "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]),  \
      "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]), "+f"(d[49]),  \
      "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]), "+f"(d[56]),  \
      "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63]),  \
      "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]), "+f"(d[70]),  \
      "+f"(d[71]), "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]), "+f"(d[77]),  \
      "+f"(d[78]), "+f"(d[79])
PTRAVEL_WARPGROUP_PRODUCT(
    Half, "f16", 160, PTRAVEL_REGISTERS_160, "%80, %81", "82", PTRAVEL_NUMBERS_160)
PTRAVEL_WARPGROUP_PRODUCT(
    Bfloat16, "bf16", 160, PTRAVEL_REGISTERS_160, "%80, %81", "82", PTRAVEL_NUMBERS_160)

#undef PTRAVEL_WARPGROUP_PRODUCT

}  // namespace ptravel::cuda
