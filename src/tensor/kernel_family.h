#pragma once

#include <string_view>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// What computes on a device: "cuda 9.0" (a card's compute capability), or the instructions that
/// the CPU kernels are compiled for.
std::string_view kernel_family(const at::Device& device);

/// Lets large CPU tensors lie in huge pages that are used again (cpu/memory.h), as prepare_cpu
/// does.
void prepare_memory();

}  // namespace ptravel
