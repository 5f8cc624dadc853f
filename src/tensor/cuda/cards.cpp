// What CUDA says of its cards, their memory and their clock.
#include <chrono>
#include <fstream>

#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include "tensor/devices.h"

namespace ptravel {
namespace {

using Clock = std::chrono::steady_clock;

/// "580.65.06"; "" where the kernel does not say.
std::string kernel_driver_version() {
  std::ifstream file("/sys/module/nvidia/version");
  std::string version;
  std::getline(file, version);
  return version;
}

CudaStatus status_of(cudaError_t error, const CudaState& state) {
  switch (error) {
    case cudaSuccess:
      return CudaStatus::Ready;
    case cudaErrorNoDevice:
      return state.driver_supports == 0 ? CudaStatus::NoDriver : CudaStatus::NoCard;
    case cudaErrorInsufficientDriver:  // also where there is none at all
      return state.driver_supports == 0 ? CudaStatus::NoDriver : CudaStatus::OldDriver;
    default:
      return CudaStatus::Failed;
  }
}

/// Total and free bytes of the current card; zeros where CUDA does not say.
std::pair<std::int64_t, std::int64_t> memory_of_current() {
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) {
    cudaGetLastError();  // or the next call of LibTorch would report it
    return {0, 0};
  }
  return {static_cast<std::int64_t>(total), static_cast<std::int64_t>(free)};
}

CudaCard card_of(int index) {
  CudaCard card;
  card.index = index;
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, index) == cudaSuccess) {
    card.name = properties.name;
    card.total_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
    card.major = properties.major;
    card.minor = properties.minor;
    card.multiprocessors = properties.multiProcessorCount;
  }
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(index));
  card.free_bytes = memory_of_current().second;
  return card;
}

c10::DeviceIndex index_of(const at::Device& device) {
  return device.has_index() ? device.index() : c10::cuda::current_device();
}

}  // namespace

CudaState cuda_state() {
  CudaState state;
  state.built_for = CUDART_VERSION;
  state.driver = kernel_driver_version();
  cudaDriverGetVersion(&state.driver_supports);
  int cards = 0;
  const cudaError_t error = cudaGetDeviceCount(&cards);
  state.status = status_of(error, state);
  if (error != cudaSuccess) {
    state.failure = cudaGetErrorString(error);
    cudaGetLastError();
  } else if (cards == 0) {
    state.status = CudaStatus::NoCard;
  }
  for (int i = 0; i < cards && state.status == CudaStatus::Ready; ++i) {
    state.cards.push_back(card_of(i));
  }
  return state;
}

std::optional<DeviceMemory> device_memory(const at::Device& device) {
  if (!device.is_cuda()) {
    return std::nullopt;
  }
  const c10::cuda::CUDAGuard guard(index_of(device));
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index_of(device));
  const auto [total, free] = memory_of_current();
  DeviceMemory memory;
  memory.total = total;
  memory.free = free;
  memory.used = stats.allocated_bytes[0].current;  // 0: of all pools
  memory.peak = stats.allocated_bytes[0].peak;
  return memory;
}

void reset_peak_memory(const at::Device& device) {
  if (device.is_cuda()) {
    c10::cuda::CUDACachingAllocator::resetPeakStats(index_of(device));
  }
}

void release_unused_memory(const at::Device& device) {
  if (device.is_cuda()) {
    c10::cuda::CUDACachingAllocator::emptyCache();
  }
}

void wait_for_device(const at::Device& device) {
  if (device.is_cuda()) {
    const c10::cuda::CUDAGuard guard(index_of(device));
    C10_CUDA_CHECK(cudaDeviceSynchronize());
  }
}

struct DeviceTimer::Marks {
  bool events = false;
  Clock::time_point start = Clock::now();
  at::cuda::CUDAEvent begin{cudaEventDefault};  // which keeps time
  at::cuda::CUDAEvent end{cudaEventDefault};
};

DeviceTimer::DeviceTimer(const at::Device& device) : marks_(std::make_unique<Marks>()) {
  marks_->events = device.is_cuda();
  if (marks_->events) {
    marks_->begin.record();
  }
}

DeviceTimer::~DeviceTimer() = default;

double DeviceTimer::seconds() {
  if (!marks_->events) {
    return std::chrono::duration<double>(Clock::now() - marks_->start).count();
  }
  marks_->end.record();
  marks_->end.synchronize();
  return 1e-3 * static_cast<double>(marks_->begin.elapsed_time(marks_->end));
}

}  // namespace ptravel
