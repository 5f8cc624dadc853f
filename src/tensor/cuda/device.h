#pragma once

// What the kernels ask of a GPU, one function for each instruction. For CUDA's compiler, unless
// something else has defined all of this before: tests run the same kernels on an emulated GPU.

#ifndef PTRAVEL_DEVICE

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define PTRAVEL_DEVICE __device__ __forceinline__
#define PTRAVEL_KERNEL(most_threads, least_blocks) \
  __global__ void __launch_bounds__(most_threads, least_blocks)

namespace ptravel::cuda {

using Half = __half;
using Bfloat16 = __nv_bfloat16;

PTRAVEL_DEVICE float to_float(Half x) { return __half2float(x); }
PTRAVEL_DEVICE float to_float(Bfloat16 x) { return __bfloat162float(x); }
PTRAVEL_DEVICE float to_float(float x) { return x; }

template <typename T>
PTRAVEL_DEVICE T from_float(float x);
template <>
PTRAVEL_DEVICE Half from_float<Half>(float x) {
  return __float2half_rn(x);
}
template <>
PTRAVEL_DEVICE Bfloat16 from_float<Bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}
template <>
PTRAVEL_DEVICE float from_float<float>(float x) {
  return x;
}

/// Two numbers rounded, the first one in the lower half.
template <typename T>
PTRAVEL_DEVICE std::uint32_t pack(float low, float high);
template <>
PTRAVEL_DEVICE std::uint32_t pack<Half>(float low, float high) {
  const __half2 both = __floats2half2_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&both);
}
template <>
PTRAVEL_DEVICE std::uint32_t pack<Bfloat16>(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&both);
}

/// One of two packed numbers.
template <typename T>
PTRAVEL_DEVICE float unpack(std::uint32_t both, int which) {
  const auto bits = static_cast<unsigned short>(which == 0 ? both & 0xFFFFU : both >> 16);
  return to_float(*reinterpret_cast<const T*>(&bits));
}

/// 16 bytes.
struct alignas(16) FourWords {
  std::uint32_t words[4];
};
/// From memory that nothing writes while the kernel runs.
PTRAVEL_DEVICE FourWords load_constant(const void* from) {
  const uint4 got = __ldg(static_cast<const uint4*>(from));
  return {{got.x, got.y, got.z, got.w}};
}

PTRAVEL_DEVICE float float_of(std::uint32_t bits) { return __uint_as_float(bits); }

PTRAVEL_DEVICE int thread_index() { return static_cast<int>(threadIdx.x); }
PTRAVEL_DEVICE int block_x() { return static_cast<int>(blockIdx.x); }
PTRAVEL_DEVICE int block_y() { return static_cast<int>(blockIdx.y); }
PTRAVEL_DEVICE int block_z() { return static_cast<int>(blockIdx.z); }
PTRAVEL_DEVICE int blocks_x() { return static_cast<int>(gridDim.x); }

/// The block's shared memory, aligned to 1024 bytes (which the launch asks for on top).
PTRAVEL_DEVICE char* shared_memory() {
  extern __shared__ char memory[];
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(memory));
  return memory + ((1024U - (address & 1023U)) & 1023U);
}
PTRAVEL_DEVICE std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}
PTRAVEL_DEVICE void sync_block() { __syncthreads(); }

/// The value of the lane whose number differs by `mask`.
PTRAVEL_DEVICE float exchange(float value, int mask) {
  return __shfl_xor_sync(0xffffffffU, value, mask);
}

PTRAVEL_DEVICE std::uint32_t exchange_bits(std::uint32_t value, int mask) {
  return __shfl_xor_sync(0xffffffffU, value, mask);
}

PTRAVEL_DEVICE float exp2_fast(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}
PTRAVEL_DEVICE float exp_fast(float x) { return __expf(x); }
PTRAVEL_DEVICE float divide_fast(float a, float b) { return __fdividef(a, b); }
PTRAVEL_DEVICE float reciprocal_root(float x) { return 1.0F / sqrtf(x); }

/// Copies 16 bytes to shared memory behind the thread's back; zeros where not `valid`.
PTRAVEL_DEVICE void copy_async(std::uint32_t to, const void* from, bool valid) {
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(to), "l"(from), "r"(bytes)
               : "memory");
}
/// Closes a group of copies.
PTRAVEL_DEVICE void commit_copies() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }
/// Until all but the newest `kGroups` groups of this thread have arrived.
template <int kGroups>
PTRAVEL_DEVICE void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(kGroups) : "memory");
}

/// Four 8x8 matrices of 16-bit numbers from the rows that lanes 0-7, 8-15, ... point to.
PTRAVEL_DEVICE void load_matrices(std::uint32_t (&to)[4], std::uint32_t row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(row)
               : "memory");
}
PTRAVEL_DEVICE void load_matrices_transposed(std::uint32_t (&to)[4], std::uint32_t row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(row)
               : "memory");
}

/// d += a b for 16x16 by 16x8, by one warp (mma.m16n8k16).
template <typename T>
PTRAVEL_DEVICE void multiply_add(float* d,
                                 const std::uint32_t (&a)[4],
                                 std::uint32_t b0,
                                 std::uint32_t b1);
template <>
PTRAVEL_DEVICE void multiply_add<Half>(float* d,
                                       const std::uint32_t (&a)[4],
                                       std::uint32_t b0,
                                       std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <>
PTRAVEL_DEVICE void multiply_add<Bfloat16>(float* d,
                                           const std::uint32_t (&a)[4],
                                           std::uint32_t b0,
                                           std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

}  // namespace ptravel::cuda

// Hopper's instructions for 64 rows by a group of four warps exist for sm_90a alone.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define PTRAVEL_WARPGROUPS 1
#include "tensor/cuda/tensor_copies.h"
#include "tensor/cuda/warpgroup.h"
#else
#define PTRAVEL_WARPGROUPS 0
#endif

#endif
