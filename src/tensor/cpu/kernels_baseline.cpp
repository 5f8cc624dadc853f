#define PTRAVEL_LANES 4
#include "tensor/cpu/kernel_table.h"

namespace ptravel::cpu {

extern const Kernels kBaselineKernels;
const Kernels kBaselineKernels = make_table("baseline");

}  // namespace ptravel::cpu
