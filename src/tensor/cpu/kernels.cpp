#include "tensor/cpu/kernels.h"

#include <array>

namespace ptravel::cpu {

extern const Kernels kBaselineKernels;
#if PTRAVEL_X86_KERNELS
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512Bf16Kernels;
#endif

namespace {

using Tables = std::array<const Kernels*, 5>;

Tables find_tables() {
  Tables tables{};
  std::size_t count = 0;
#if PTRAVEL_X86_KERNELS
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (avx512 && __builtin_cpu_supports("avx512bf16")) {
    tables[count++] = &kAvx512Bf16Kernels;
  }
  if (avx512) {
    tables[count++] = &kAvx512Kernels;
  }
  if (avx2) {
    tables[count++] = &kAvx2Kernels;
  }
#endif
  tables[count] = &kBaselineKernels;
  return tables;
}

}  // namespace

const Kernels* const* runnable_kernels() {
  static const Tables tables = find_tables();
  return tables.data();
}

const Kernels& kernels() { return **runnable_kernels(); }

bool has_bf16_instructions() {
#if PTRAVEL_X86_KERNELS
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

}  // namespace ptravel::cpu
