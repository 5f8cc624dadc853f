#define PTRAVEL_LANES 16
#include "tensor/cpu/kernel_table.h"

namespace ptravel::cpu {

extern const Kernels kAvx512Bf16Kernels;
const Kernels kAvx512Bf16Kernels = make_table("avx512_bf16");

}  // namespace ptravel::cpu
