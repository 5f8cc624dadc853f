#include "tensor/kernel_family.h"

#include <algorithm>
#include <map>
#include <string>

#include "ptravel/devices.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/memory.h"

namespace ptravel {
namespace {

/// "cuda 9.0": which kernels run on a card depends on its compute capability.
std::string_view card_family(int index) {
  static const std::map<int, std::string> families = [] {
    std::map<int, std::string> found;
    for (const CudaCard& card : cuda_state().cards) {
      found[card.index] = "cuda " + std::to_string(card.major) + "." + std::to_string(card.minor);
    }
    return found;
  }();
  const auto family = families.find(index);
  return family == families.end() ? std::string_view("cuda") : family->second;
}

}  // namespace

std::string_view kernel_family(const at::Device& device) {
  return device.is_cuda() ? card_family(std::max<int>(device.index(), 0)) : cpu::kernels().name;
}

void prepare_memory() { cpu::use_arena_for_tensors(); }

}  // namespace ptravel
