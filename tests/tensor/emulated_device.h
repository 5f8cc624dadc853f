#pragma once

// A GPU for tests: the functions of device.h on a CPU. Each thread of a block is a fibre; warps,
// groups of warps and blocks meet at a gathering, where the last one to arrive does the work for
// all. Copies behind a thread's back arrive only when it waits for them, so that a missing wait is
// seen. What the matrix units are told (descriptors, fragments) is taken apart as PTX documents it.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/cuda/matrix_tiles.h"

#define PTRAVEL_DEVICE inline
#define PTRAVEL_WARPGROUPS 1

namespace ptravel::cuda {

using Half = c10::Half;
using Bfloat16 = c10::BFloat16;

inline float to_float(Half x) { return static_cast<float>(x); }
inline float to_float(Bfloat16 x) { return static_cast<float>(x); }
inline float to_float(float x) { return x; }
template <typename T>
T from_float(float x) {
  return static_cast<T>(x);
}
template <typename T>
std::uint32_t pack(float low, float high) {
  const T both[2] = {static_cast<T>(low), static_cast<T>(high)};
  std::uint32_t bits = 0;
  std::memcpy(&bits, both, 4);
  return bits;
}

template <typename T>
float unpack(std::uint32_t both, int which) {
  T numbers[2];
  std::memcpy(numbers, &both, 4);
  return static_cast<float>(numbers[which]);
}

namespace emulated {

/// Runs `body` once for each thread of each block. Not for several threads at a time.
void launch(int x, int y, int z, int threads, int memory, const std::function<void()>& body);

/// Lets this group of 128 threads run ahead of the others as far as barriers allow; -1: none.
void favour(int group);

struct Place {
  int thread = 0;
  int block[3] = {};
  int blocks[3] = {};
};
const Place& place();
char* memory();

/// Waits until all `size` threads of this thread's group have come; the last one calls
/// work(what each has brought, in the order of the threads).
void gather(int size, void* brought, const std::function<void(void* const*)>& work);
/// Lets the block's other threads go on.
void yield();

/// The same for clusters of `blocks` neighbours along x, which run side by side.
void launch_clusters(int x, int blocks, int threads, int memory, const std::function<void()>& body);

void copy_async(char* to, const void* from, bool valid);
void commit_copies();
void wait_for_copies(int groups);

}  // namespace emulated

struct alignas(16) FourWords {
  std::uint32_t words[4];
};
inline FourWords load_constant(const void* from) {
  PTRAVEL_CHECK(reinterpret_cast<std::uintptr_t>(from) % 16 == 0);
  FourWords four;
  std::memcpy(&four, from, 16);
  return four;
}
inline float float_of(std::uint32_t bits) {
  float number = 0;
  std::memcpy(&number, &bits, 4);
  return number;
}

inline int thread_index() { return emulated::place().thread; }
inline int block_x() { return emulated::place().block[0]; }
inline int block_y() { return emulated::place().block[1]; }
inline int block_z() { return emulated::place().block[2]; }
inline int blocks_x() { return emulated::place().blocks[0]; }

/// Addresses in shared memory are offsets here, from an aligned start that is not 0.
constexpr std::uint32_t kEmulatedBase = 2048;
inline char* shared_memory() { return emulated::memory(); }
inline std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(static_cast<const char*>(pointer) - emulated::memory()) +
         kEmulatedBase;
}
inline char* at_address(std::uint32_t address) {
  return emulated::memory() + (address - kEmulatedBase);
}

inline void sync_block() {
  emulated::gather(0, nullptr, [](void* const*) {});
}

inline float exchange(float value, int mask) {
  struct Brought {
    float value, result = 0;
    int mask;
  } mine{value, 0, mask};
  emulated::gather(32, &mine, [](void* const* all) {
    for (int lane = 0; lane < 32; ++lane) {
      auto* to = static_cast<Brought*>(all[lane]);
      to->result = static_cast<Brought*>(all[lane ^ to->mask])->value;
    }
  });
  return mine.result;
}

inline std::uint32_t exchange_bits(std::uint32_t value, int mask) {
  float number = 0;
  std::memcpy(&number, &value, 4);
  number = exchange(number, mask);
  std::memcpy(&value, &number, 4);
  return value;
}

inline float exp2_fast(float x) { return std::exp2(x); }
inline float exp_fast(float x) { return std::exp(x); }
inline float divide_fast(float a, float b) { return a / b; }
inline float reciprocal_root(float x) { return 1.0F / std::sqrt(x); }

inline void copy_async(std::uint32_t to, const void* from, bool valid) {
  emulated::copy_async(at_address(to), from, valid);
}
inline void commit_copies() { emulated::commit_copies(); }
template <int kGroups>
void wait_for_copies() {
  emulated::wait_for_copies(kGroups);
}

namespace emulated {

struct Matrices {
  std::uint32_t row;
  std::uint32_t* to;
};

/// ldmatrix: lane l gets, of matrix m, the numbers (l / 4, 2 (l % 4)) and the next; transposed:
/// (2 (l % 4), l / 4) and the one below.
template <bool kTransposed>
void load_matrices(std::uint32_t (&to)[4], std::uint32_t row) {
  Matrices mine{row, to};
  gather(32, &mine, [](void* const* all) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int m = 0; m < 4; ++m) {
        std::uint16_t pair[2];
        for (int i = 0; i < 2; ++i) {
          const int y = kTransposed ? 2 * (lane % 4) + i : lane / 4;
          const int x = kTransposed ? lane / 4 : 2 * (lane % 4) + i;
          const auto* source = static_cast<const Matrices*>(all[m * 8 + y]);
          std::memcpy(&pair[i], at_address(source->row) + 2 * x, 2);
        }
        std::memcpy(&static_cast<Matrices*>(all[lane])->to[m], pair, 4);
      }
    }
  });
}

}  // namespace emulated

inline void load_matrices(std::uint32_t (&to)[4], std::uint32_t row) {
  emulated::load_matrices<false>(to, row);
}
inline void load_matrices_transposed(std::uint32_t (&to)[4], std::uint32_t row) {
  emulated::load_matrices<true>(to, row);
}

template <typename T>
void multiply_add(float* d, const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
  struct Brought {
    float* d;
    const std::uint32_t* a;
    std::uint32_t b[2];
  } mine{d, a, {b0, b1}};
  emulated::gather(32, &mine, [](void* const* all) {
    float a[16][16], b[16][8];
    for (int lane = 0; lane < 32; ++lane) {
      const auto* from = static_cast<const Brought*>(all[lane]);
      for (int i = 0; i < 2; ++i) {
        for (int r = 0; r < 4; ++r) {
          a[lane / 4 + 8 * (r % 2)][2 * (lane % 4) + i + 8 * (r / 2)] = unpack<T>(from->a[r], i);
        }
        for (int r = 0; r < 2; ++r) {
          b[2 * (lane % 4) + i + 8 * r][lane / 4] = unpack<T>(from->b[r], i);
        }
      }
    }
    for (int lane = 0; lane < 32; ++lane) {
      auto* to = static_cast<Brought*>(all[lane]);
      for (int i = 0; i < 4; ++i) {
        const int row = lane / 4 + 8 * (i / 2);
        const int column = 2 * (lane % 4) + i % 2;
        for (int k = 0; k < 16; ++k) {
          to->d[i] += a[row][k] * b[k][column];
        }
      }
    }
  });
}

inline void fence_for_matrix_units() {}
inline void begin_products() {}
inline void commit_products() {}
template <int kGroups>
void wait_for_products() {}
inline void keep_behind(float&) {}

/// A view of numbers of 16 bits, as specialised_matrix.cu makes it: sizes and box from the
/// innermost on.
TensorMap tensor_map(const void* numbers, const int (&sizes)[4], const int (&box)[4]);

// Barriers that count bytes, and copies of boxes, which arrive when a thread waits for a barrier.
void begin_barrier(std::uint32_t barrier, int arrivals);
inline void publish_barriers() {}
void arrive_expecting(std::uint32_t barrier, int bytes);
void arrive(std::uint32_t barrier);
void wait_for_phase(std::uint32_t barrier, int parity);
inline void sync_warp() {
  emulated::gather(32, nullptr, [](void* const*) {});
}
inline void sync_group(int) {
  emulated::gather(128, nullptr, [](void* const*) {});
}
void copy_box(
    std::uint32_t to, const TensorMap& map, std::uint32_t barrier, int a, int b, int c, int d);
template <int kRegisters>
void give_registers() {}
template <int kRegisters>
void take_registers() {}

namespace emulated {

/// Where number (row, k) of an operand lies that a descriptor describes.
inline const char* described(std::uint64_t descriptor, int row, int k) {
  const auto start = static_cast<std::uint32_t>(descriptor & 0x3FFF) << 4;
  const auto between = static_cast<std::uint32_t>((descriptor >> 32) & 0x3FFF) << 4;
  std::uint32_t address = start + static_cast<std::uint32_t>(row / 8) * between +
                          static_cast<std::uint32_t>(row % 8) * 128 +
                          static_cast<std::uint32_t>(k) * 2;
  if ((descriptor >> 62) == 1) {
    address ^= ((address >> 7) & 7U) << 4;
  }
  return at_address(address);
}

}  // namespace emulated

template <typename T, int kColumns>
struct WarpgroupProduct {
  static void run(float (&d)[kColumns / 2], std::uint64_t a, std::uint64_t b, int add) {
    struct Brought {
      float* d;
      std::uint64_t a, b;
      int add;
    } mine{d, a, b, add};
    emulated::gather(128, &mine, [](void* const* all) {
      const auto numbers = [](std::uint64_t descriptor, float(*to)[16], int rows) {
        for (int row = 0; row < rows; ++row) {
          for (int k = 0; k < 16; ++k) {
            T value;
            std::memcpy(&value, emulated::described(descriptor, row, k), 2);
            to[row][k] = static_cast<float>(value);
          }
        }
      };
      float a[64][16], b[kColumns][16];
      const auto* first = static_cast<Brought*>(all[0]);
      numbers(first->a, a, 64);
      numbers(first->b, b, kColumns);
      for (int thread = 0; thread < 128; ++thread) {
        auto* to = static_cast<Brought*>(all[thread]);
        PTRAVEL_CHECK(to->a == first->a && to->b == first->b && to->add == first->add);
        for (int i = 0; i < kColumns / 2; ++i) {
          const int row = thread / 32 * 16 + thread % 32 / 4 + 8 * (i / 2 % 2);
          const int column = i / 4 * 8 + 2 * (thread % 4) + i % 2;
          float sum = to->add != 0 ? to->d[i] : 0.0F;
          for (int k = 0; k < 16; ++k) {
            sum += a[row][k] * b[column][k];
          }
          to->d[i] = sum;
        }
      }
    });
  }
};

}  // namespace ptravel::cuda
