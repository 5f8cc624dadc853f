#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "ptravel/devices.h"

namespace ptravel {

/// "13.2" of 13020.
std::string cuda_version_text(int version);

/// What the state means for somebody who wants a card, in one sentence without a full stop; "" when
/// it is Ready.
std::string explain(const CudaState& state);

/// Memory of a card in bytes.
struct DeviceMemory {
  std::int64_t total = 0;
  std::int64_t free = 0;  ///< What nobody has; tensors of this process that are gone may have more.
  std::int64_t used = 0;  ///< By tensors of this process.
  std::int64_t peak = 0;  ///< The most that they had since reset_peak_memory.
};

/// Nothing for a CPU.
std::optional<DeviceMemory> device_memory(const at::Device& device);

/// DeviceMemory::peak begins again. Does nothing for a CPU.
void reset_peak_memory(const at::Device& device);

/// Gives memory back to the card that LibTorch keeps for later tensors. Does nothing for a CPU.
void release_unused_memory(const at::Device& device);

/// `tensor.to(options)`. What goes from a CPU to a card is put in line behind the card's work, and
/// nobody waits for either.
at::Tensor sent(const at::Tensor& tensor, const at::TensorOptions& options);

/// Waits until all work that was given to the device is done. Does nothing for a CPU.
void wait_for_device(const at::Device& device);

/// Measures work on a device from when it is made: by events on a card (the calling thread's
/// stream), by the clock on a CPU.
class DeviceTimer {
 public:
  explicit DeviceTimer(const at::Device& device);
  ~DeviceTimer();
  DeviceTimer(const DeviceTimer&) = delete;
  DeviceTimer& operator=(const DeviceTimer&) = delete;

  /// Waits for the work that was given to the device so far. Returns the seconds it took.
  double seconds();

 private:
  struct Marks;
  std::unique_ptr<Marks> marks_;
};

}  // namespace ptravel
