#pragma once

// What attention asks of Hopper (src/tensor/cuda/warpgroup_attention.h) on the emulated GPU.

#include "ptravel/error.h"
#include "tests/tensor/emulated_device.h"

#define PTRAVEL_ATTENTION_UNITS

namespace ptravel::cuda {

namespace emulated {

/// Where number (row, k) of an operand lies that consists of core matrices, eight times 16 bytes
/// each. Along the depth or along the rows, whichever `by_rows` says, numbers lie side by side; the
/// descriptor's leading offset leads along the depth, its stride along the rows.
inline const char* in_core_matrices(std::uint64_t descriptor, int row, int k, bool by_rows) {
  const auto field = [&](int bit) {
    return static_cast<std::uint32_t>((descriptor >> bit) & 0x3FFF) << 4;
  };
  const int minor = by_rows ? row % 8 : k % 8;
  const int major = by_rows ? k % 8 : row % 8;
  return at_address(field(0) + static_cast<std::uint32_t>(k / 8) * field(16) +
                    static_cast<std::uint32_t>(row / 8) * field(32) +
                    static_cast<std::uint32_t>(major * 16 + minor * 2));
}

/// An operand of `rows` x 16.
template <typename T>
std::vector<float> operand(std::uint64_t descriptor, int rows, bool by_rows) {
  std::vector<float> numbers;
  for (int row = 0; row < rows; ++row) {
    for (int k = 0; k < 16; ++k) {
      T value;
      std::memcpy(&value, in_core_matrices(descriptor, row, k, by_rows), 2);
      numbers.push_back(static_cast<float>(value));
    }
  }
  return numbers;
}

/// d (+)= a b^T for a thread of a group: a 64 x 16, b columns x 16.
inline void multiply_rows(float* d,
                          int thread,
                          const std::vector<float>& a,
                          const std::vector<float>& b,
                          int columns,
                          bool add) {
  for (int i = 0; i < columns / 2; ++i) {
    const int row = thread / 32 * 16 + thread % 32 / 4 + 8 * (i / 2 % 2);
    const int column = i / 4 * 8 + 2 * (thread % 4) + i % 2;
    float sum = add ? d[i] : 0.0F;
    for (int k = 0; k < 16; ++k) {
      sum +=
          a[static_cast<std::size_t>(row * 16 + k)] * b[static_cast<std::size_t>(column * 16 + k)];
    }
    d[i] = sum;
  }
}

}  // namespace emulated

inline bool any_lane(bool value) {
  struct Brought {
    bool value, any;
  } mine{value, false};
  emulated::gather(32, &mine, [](void* const* all) {
    bool any = false;
    for (int lane = 0; lane < 32; ++lane) {
      any = any || static_cast<Brought*>(all[lane])->value;
    }
    for (int lane = 0; lane < 32; ++lane) {
      static_cast<Brought*>(all[lane])->any = any;
    }
  });
  return mine.any;
}
inline std::uint32_t float_bits(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, 4);
  return bits;
}
inline float bits_float(std::uint32_t bits) {
  float x = 0;
  std::memcpy(&x, &bits, 4);
  return x;
}

template <typename T, int kKeys>
struct ScoreProduct {
  static void run(float (&d)[kKeys / 2], std::uint64_t queries, std::uint64_t from, int add) {
    struct Brought {
      float* d;
      std::uint64_t queries, from;
      int add;
    } mine{d, queries, from, add};
    emulated::gather(128, &mine, [](void* const* all) {
      // The matrix units take the first thread's descriptors.
      const auto* first = static_cast<const Brought*>(all[0]);
      const std::vector<float> a = emulated::operand<T>(first->queries, 64, false);
      const std::vector<float> b = emulated::operand<T>(first->from, kKeys, false);
      for (int thread = 0; thread < 128; ++thread) {
        auto* to = static_cast<Brought*>(all[thread]);
        PTRAVEL_CHECK(to->queries == first->queries && to->from == first->from);
        emulated::multiply_rows(to->d, thread, a, b, kKeys, to->add != 0);
      }
    });
  }
};

template <typename T, int kHead>
struct ValueProduct {
  static void run(float (&d)[kHead / 2], const std::uint32_t (&a)[4], std::uint64_t from) {
    struct Brought {
      float* d;
      const std::uint32_t* a;
      std::uint64_t from;
    } mine{d, a, from};
    emulated::gather(128, &mine, [](void* const* all) {
      const auto* first = static_cast<const Brought*>(all[0]);
      const std::vector<float> b = emulated::operand<T>(first->from, kHead, true);
      std::vector<float> a(std::size_t{64} * 16);
      for (int thread = 0; thread < 128; ++thread) {
        const auto* brought = static_cast<const Brought*>(all[thread]);
        PTRAVEL_CHECK(brought->from == first->from);
        for (int r = 0; r < 4; ++r) {
          for (int i = 0; i < 2; ++i) {
            const int row = thread / 32 * 16 + thread % 32 / 4 + 8 * (r % 2);
            const int k = 2 * (thread % 4) + i + 8 * (r / 2);
            a[static_cast<std::size_t>(row * 16 + k)] = unpack<T>(brought->a[r], i);
          }
        }
      }
      for (int thread = 0; thread < 128; ++thread) {
        emulated::multiply_rows(static_cast<Brought*>(all[thread])->d, thread, a, b, kHead, true);
      }
    });
  }
};

}  // namespace ptravel::cuda
