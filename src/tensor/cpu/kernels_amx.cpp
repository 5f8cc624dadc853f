#define PTRAVEL_LANES 16
#include "tensor/cpu/attention_amx_kernels.h"
#include "tensor/cpu/kernel_table.h"

namespace ptravel::cpu {
namespace {

/// What ldtilecfg reads.
struct TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);

/// The processor's tiles. In assembly, because the compiler's own functions take the numbers of
/// tiles as text and do not say that a load reads memory.
struct HardwareTiles {
  static void configure() {
    static constexpr TileConfiguration kAllWhole;
    asm volatile("ldtilecfg %0" : : "m"(kAllWhole));
  }
  static void release() { asm volatile("tilerelease" : : : "memory"); }

  template <int kTile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  static void load(const float* from, std::int64_t stride) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0"
                 :
                 : "i"(kTile), "r"(from), "r"(stride * 4)
                 : "memory");
  }
  template <int kTile>
  static void store(float* to, std::int64_t stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)"
                 :
                 : "i"(kTile), "r"(to), "r"(stride * 4)
                 : "memory");
  }
  template <int kSums, int kLeft, int kRight>
  static void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSums), "i"(kLeft), "i"(kRight));
  }
};

}  // namespace

extern const Kernels kAmxKernels;
const Kernels kAmxKernels = make_table<TileAttention<HardwareTiles>>("amx");

}  // namespace ptravel::cpu
