#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "tests/support/tensor_difference.h"

namespace ptravel {

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
