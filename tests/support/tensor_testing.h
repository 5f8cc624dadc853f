#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

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

TensorDifference compare_tensors(const at::Tensor& actual,
                                 const at::Tensor& expected,
                                 double atol,
                                 double rtol);

/// GoogleTest predicate: EXPECT_TRUE(close_to(actual, expected, 1e-4)).
testing::AssertionResult close_to(const at::Tensor& actual,
                                  const at::Tensor& expected,
                                  double atol,
                                  double rtol = 0);

}  // namespace ptravel

/// Compares two tensors with an absolute tolerance; prints shape, largest difference, first bad
/// index.
#define EXPECT_CLOSE(actual, expected, tolerance) \
  EXPECT_TRUE(::ptravel::close_to((actual), (expected), (tolerance)))
