// Takes cards.cpp's place where LibTorch has no CUDA.
#include <chrono>

#include "tensor/devices.h"

namespace ptravel {

using Clock = std::chrono::steady_clock;

CudaState cuda_state() { return {}; }
std::optional<DeviceMemory> device_memory(const at::Device&) { return std::nullopt; }
void reset_peak_memory(const at::Device&) {}
void release_unused_memory(const at::Device&) {}
void wait_for_device(const at::Device&) {}

struct DeviceTimer::Marks {
  Clock::time_point start = Clock::now();
};

DeviceTimer::DeviceTimer(const at::Device&) : marks_(std::make_unique<Marks>()) {}
DeviceTimer::~DeviceTimer() = default;

double DeviceTimer::seconds() {
  return std::chrono::duration<double>(Clock::now() - marks_->start).count();
}

}  // namespace ptravel
