#include "tests/support/tensor_testing.h"

namespace ptravel {

testing::AssertionResult close_to(const at::Tensor& actual,
                                  const at::Tensor& expected,
                                  double atol,
                                  double rtol) {
  const TensorDifference difference = compare_tensors(actual, expected, atol, rtol);
  if (difference.same_shape && difference.outlier_fraction == 0) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << difference.description;
}

}  // namespace ptravel
