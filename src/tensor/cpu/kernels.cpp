#include "tensor/cpu/kernels.h"

#include <array>
#include <atomic>
#include <string_view>

#include "tensor/cpu/kernel_choice.h"

#if PTRAVEL_X86_KERNELS && defined(__linux__)
#include <sys/syscall.h>
#endif

namespace ptravel::cpu {

extern const Kernels kBaselineKernels;
#if PTRAVEL_X86_KERNELS
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512Bf16Kernels;
extern const Kernels kAmxKernels;
#endif

namespace {

using Tables = std::array<const Kernels*, 6>;

#if PTRAVEL_X86_KERNELS
#if defined(__linux__)
struct CpuId {
  explicit CpuId(unsigned leaf) : a(leaf) {
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  }
  unsigned a, b = 0, c = 0, d = 0;
};

/// Whether the processor has AMX tiles that multiply bf16, and the system saves them.
bool has_amx() {
  constexpr unsigned kSystemSavesState = 1U << 27, kAmx = 1U << 22 | 1U << 24;
  if (CpuId(0).a < 7 || (CpuId(1).c & kSystemSavesState) == 0 || (CpuId(7).d & kAmx) != kAmx) {
    return false;
  }
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr unsigned kTileState = 3U << 17;
  return (low & kTileState) == kTileState;
}

/// Asks Linux for the memory of tiles in every thread of this process.
bool request_tiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  long result = SYS_arch_prctl;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(kRequestPermission), "S"(kTileData)
               : "rcx", "r11", "memory");
  return result == 0;
}

bool may_use_amx() {
  static const bool allowed = has_amx() && request_tiles();
  return allowed;
}
#else
bool may_use_amx() { return false; }
#endif
#endif

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
    if (may_use_amx()) {
      tables[count++] = &kAmxKernels;
    }
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

std::atomic<const Kernels*>& pinned_table() {
  static std::atomic<const Kernels*> table{nullptr};
  return table;
}

}  // namespace

const Kernels* const* runnable_kernels() {
  static const Tables tables = find_tables();
  return tables.data();
}

const Kernels& kernels() {
  const Kernels* const pinned = pinned_table().load(std::memory_order_relaxed);
  return pinned != nullptr ? *pinned : **runnable_kernels();
}

void pin_kernels(std::string_view name) {
  for (const auto* const* table = runnable_kernels(); *table != nullptr; ++table) {
    if (name == (*table)->name) {
      pinned_table() = *table;
    }
  }
}

bool has_bf16_instructions() {
  const std::string_view name = kernels().name;
  return name == "amx" || name == "avx512_bf16";
}

}  // namespace ptravel::cpu
