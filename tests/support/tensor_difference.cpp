#include "tests/support/tensor_difference.h"

#include <limits>
#include <sstream>

#include <ATen/ATen.h>

namespace ptravel {

TensorDifference compare_tensors(const at::Tensor& actual,
                                 const at::Tensor& expected,
                                 double atol,
                                 double rtol) {
  TensorDifference result;
  std::ostringstream text;
  if (!actual.defined() || !expected.defined()) {
    result.description = "an operand is undefined";
    result.largest = std::numeric_limits<double>::infinity();
    return result;
  }
  if (actual.sizes() != expected.sizes()) {
    text << "shape " << actual.sizes() << ", expected " << expected.sizes();
    result.description = text.str();
    result.largest = std::numeric_limits<double>::infinity();
    return result;
  }
  result.same_shape = true;
  if (actual.numel() == 0) {
    return result;
  }
  const at::Tensor a = actual.detach().to(at::kCPU, at::kDouble).reshape({-1});
  const at::Tensor b = expected.detach().to(at::kCPU, at::kDouble).reshape({-1});
  const at::Tensor both_nan = a.isnan().logical_and(b.isnan());
  at::Tensor difference = (a - b).abs().masked_fill(both_nan.logical_or(a == b), 0.0);
  difference = at::nan_to_num(difference, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::infinity());
  const at::Tensor allowed = atol + rtol * at::nan_to_num(b).abs();
  const at::Tensor bad = difference > allowed;
  const auto worst = (difference - allowed).argmax().item<std::int64_t>();
  result.largest = difference[worst].item<double>();
  result.allowed_there = allowed[worst].item<double>();
  result.outlier_fraction = bad.to(at::kDouble).mean().item<double>();
  if (result.outlier_fraction > 0) {
    const auto first = bad.to(at::kByte).argmax().item<std::int64_t>();
    text << "shape " << actual.sizes() << ", largest difference " << result.largest
         << " at flat index " << worst << ", first bad flat index " << first << " ("
         << a[first].item<double>() << ", expected " << b[first].item<double>() << "), "
         << 100 * result.outlier_fraction << " % bad";
    result.description = text.str();
  }
  return result;
}

}  // namespace ptravel
