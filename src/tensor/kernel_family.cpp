#include "tensor/kernel_family.h"

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/memory.h"

namespace ptravel {

std::string_view kernel_family(const at::Device& device) {
  return device.is_cuda() ? "cuda" : cpu::kernels().name;
}

void prepare_memory() { cpu::use_arena_for_tensors(); }

}  // namespace ptravel
