#define PTRAVEL_LANES 8
#include "tensor/cpu/kernel_table.h"

namespace ptravel::cpu {

extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels = make_table("avx2");

}  // namespace ptravel::cpu
