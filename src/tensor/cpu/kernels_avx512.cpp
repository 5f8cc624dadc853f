#define PTRAVEL_LANES 16
#include "tensor/cpu/kernel_table.h"

namespace ptravel::cpu {

extern const Kernels kAvx512Kernels;
const Kernels kAvx512Kernels = make_table("avx512");

}  // namespace ptravel::cpu
