#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// How far `actual` is from `expected`.
struct TensorDifference {
  bool same_shape = false;
  double largest =
      0;  ///< Largest |actual - expected|; infinity where one is NaN and the other not.
  double allowed_there = 0;     ///< atol + rtol * |expected| at that element.
  double outlier_fraction = 0;  ///< Fraction of elements beyond atol + rtol * |expected|.
  std::string description;      ///< Shapes, largest difference, first bad index.
};

/// Compares on the CPU, in double precision, wherever the tensors lie.
TensorDifference compare_tensors(const at::Tensor& actual,
                                 const at::Tensor& expected,
                                 double atol,
                                 double rtol);

}  // namespace ptravel
