#include "tensor/compute.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include "ptravel/error.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/memory.h"
#include "tensor/devices.h"
#include "tensor/thread_scope.h"

namespace ptravel {
namespace {

at::Device resolve_device(DeviceChoice choice) {
  const bool cuda = at::hasCUDA();
  if (choice == DeviceChoice::Cuda && !cuda) {
    const std::string why = explain(cuda_state());
    throw Error(ErrorCode::Unsupported,
                "[device] cuda: " + (why.empty() ? "LibTorch does not find the card" : why));
  }
  return (choice == DeviceChoice::Cpu || !cuda) ? at::Device(at::kCPU) : at::Device(at::kCUDA, 0);
}

}  // namespace

Compute resolve_compute(DeviceChoice device, Precision precision) {
  Compute compute;
  compute.device = resolve_device(device);
  switch (precision) {
    case Precision::Auto:
      compute.dtype = compute.device.is_cuda()       ? at::kHalf
                      : cpu::has_bf16_instructions() ? at::kBFloat16
                                                     : at::kFloat;
      break;
    case Precision::Fp32:
      compute.dtype = at::kFloat;
      break;
    case Precision::Bf16:
      compute.dtype = at::kBFloat16;
      break;
    case Precision::Fp16:
      compute.dtype = at::kHalf;
      break;
  }
  if (compute.dtype == at::kHalf && compute.device.is_cpu()) {
    throw Error(ErrorCode::Unsupported,
                "[precision] fp16 on a CPU: expected fp32 or bf16 there (fp16 needs CUDA)");
  }
  if (compute.device.is_cuda() && compute.dtype == at::kFloat) {
    // LibTorch would round the operands of convolutions to TF32, which has 11 significant bits.
    at::globalContext().setAllowTF32CuDNN(false);
  }
  return compute;
}

int set_num_threads(int threads) {
  const int count = thread_count(threads);
  at::set_num_threads(count);  // OpenMP's setting, which oneDNN shares
  // OpenBLAS keeps a pool of its own, which LibTorch's setting does not reach. It is looked up at
  // run time because which BLAS is loaded is the system's choice.
  using SetThreads = void (*)(int);
  if (auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set(count);
  }
  return count;
}

void reserve_memory(std::size_t bytes) {
  if (cpu::arena_serves_tensors()) {
    cpu::arena().populate(bytes);
  }
}

int prepare_cpu(int threads) {
  cpu::use_arena_for_tensors();
  return set_num_threads(threads);
}

}  // namespace ptravel
