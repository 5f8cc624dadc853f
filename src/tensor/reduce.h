#pragma once

#include <ATen/core/Tensor.h>

namespace ptravel {

/// The mean of all numbers, as a tensor without dimensions. The same for every number of threads:
/// LibTorch gives each thread a part of a long sum.
at::Tensor mean_of_all(const at::Tensor& x);

}  // namespace ptravel
