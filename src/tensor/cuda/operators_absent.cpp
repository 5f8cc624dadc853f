// Stands in for operators.cpp in builds without CUDA: LibTorch computes.

#include "tensor/cuda/operators.h"

namespace ptravel::cuda {

bool built() { return false; }
bool available() { return false; }
void set_available(bool) {}
bool fits(const at::Tensor&) { return false; }
at::Tensor convolve(at::TensorList, const Layer&, const Finish&, bool) { return {}; }
at::Tensor multiply(at::TensorList, const Layer&, const Finish&) { return {}; }
at::Tensor multiply_gated(const at::Tensor&, const Layer&) { return {}; }
at::Tensor group_norm(
    at::TensorList, std::int64_t, const at::Tensor&, const at::Tensor&, double, bool) {
  return {};
}
at::Tensor layer_norm(const at::Tensor&, const at::Tensor&, const at::Tensor&, double) {
  return {};
}
at::Tensor geglu(const at::Tensor&) { return {}; }
at::Tensor attention(const at::Tensor&,
                     const std::vector<at::Tensor>&,
                     const std::vector<at::Tensor>&,
                     std::int64_t,
                     bool) {
  return {};
}

}  // namespace ptravel::cuda
