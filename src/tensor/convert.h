#pragma once

#include <ATen/core/Tensor.h>

namespace ptravel {

/// Numbers in another format.
struct Converted {
  at::Tensor numbers;  ///< Contiguous, in memory of their own.
  bool finite = true;  ///< No number of the original was infinite or NaN.
};

/// x in the wanted format, on the CPU. One pass over memory on all threads for what weights are
/// stored in and computed in; LibTorch's conversion for everything else.
Converted convert_numbers(const at::Tensor& x, at::ScalarType type);

}  // namespace ptravel
