#include "tensor/devices.h"

#include <ATen/ATen.h>

namespace ptravel {

std::string cuda_version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string explain(const CudaState& state) {
  const std::string needed =
      "this program was built for CUDA " + cuda_version_text(state.built_for);
  const std::string driver = state.driver.empty() ? "the driver" : "the driver " + state.driver;
  switch (state.status) {
    case CudaStatus::NotBuilt:
      return "this program was built without CUDA; docs/gpu.md says how to build it with a "
             "LibTorch "
             "that has it";
    case CudaStatus::NoDriver:
      return needed + ", but no NVIDIA driver is loaded (nvidia-smi would show it)";
    case CudaStatus::OldDriver:
      return needed + ", but " + driver + " can only run CUDA " +
             cuda_version_text(state.driver_supports) +
             ": a newer driver is needed, or a LibTorch for that version";
    case CudaStatus::NoCard:
      return driver + " is loaded, but shows no card (CUDA_VISIBLE_DEVICES may hide it)";
    case CudaStatus::Failed:
      return "CUDA " + cuda_version_text(state.built_for) + " says: " + state.failure;
    case CudaStatus::Ready:
      break;
  }
  return "";
}

at::Tensor sent(const at::Tensor& tensor, const at::TensorOptions& options) {
  if (!tensor.is_cpu() || !options.device().is_cuda()) {
    return tensor.to(options);
  }
  // Only pinned memory is copied without waiting. LibTorch uses it again once the copy is done.
  return tensor.to(options.dtype()).pin_memory().to(options, /*non_blocking=*/true);
}

}  // namespace ptravel
