#pragma once

// Starting kernels. For CUDA's compiler only.

#include <cstdint>
#include <stdexcept>
#include <string>

#include <cuda_runtime.h>

#include "tensor/cuda/device.h"
#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

inline void check(cudaError_t status) {
  if (status != cudaSuccess) {
    throw std::runtime_error(std::string("CUDA: ") + cudaGetErrorString(status));
  }
}

/// What this thread's card can do.
struct CardLimits {
  int multiprocessors = 0;  ///< Their number.
  int block_memory = 0;     ///< Bytes of shared memory that a block may have.
  bool warpgroups = false;  ///< Hopper's matrix units, and kernels for them in this program.
};

/// Asked once for each card. Throws std::runtime_error where CUDA reports an error.
const CardLimits& card_limits();

/// Blocks for so many items.
inline dim3 blocks_for(std::int64_t items, std::int64_t per_block) {
  return dim3(static_cast<unsigned>(items <= 0 ? 1 : (items + per_block - 1) / per_block));
}

/// Starts `kernel`. `memory`: bytes of shared memory for each block.
template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...),
            dim3 blocks,
            int threads,
            int memory,
            Stream stream,
            const Arguments&... arguments) {
  if (memory > 48 << 10) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, memory));
  }
  kernel<<<blocks, static_cast<unsigned>(threads), static_cast<std::size_t>(memory),
           static_cast<cudaStream_t>(stream)>>>(arguments...);
  check(cudaGetLastError());
}

/// Calls body(a number of the type that `element` names).
template <typename Body>
void for_element(Element element, const Body& body) {
  if (element == Element::Float16) {
    body(Half());
  } else {
    body(Bfloat16());
  }
}

}  // namespace ptravel::cuda
