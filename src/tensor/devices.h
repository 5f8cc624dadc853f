#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// What stands between this program and a CUDA card, if anything.
enum class CudaStatus {
  NotBuilt,   ///< The program was built without CUDA.
  NoDriver,   ///< No driver is loaded.
  OldDriver,  ///< The driver cannot run what this program was built with.
  NoCard,     ///< There is a driver, but no card that this process may use.
  Failed,     ///< CUDA says something else.
  Ready,
};

/// One card, as CUDA describes it.
struct CudaCard {
  int index = 0;
  std::string name;
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0;  ///< What nobody has now.
  int major = 0;                ///< Compute capability.
  int minor = 0;
  int multiprocessors = 0;
};

/// CUDA versions are as CUDA counts them: 13020 is 13.2.
struct CudaState {
  CudaStatus status = CudaStatus::NotBuilt;
  int built_for = 0;        ///< The version that the program was built with; 0 without CUDA.
  int driver_supports = 0;  ///< The newest version that the driver can run; 0 without a driver.
  std::string driver;       ///< The driver's own version ("580.65.06"), where the system tells it.
  std::string failure;      ///< CUDA's words for Failed.
  std::vector<CudaCard> cards;
};

/// Asks CUDA. Any thread; the first call takes as long as CUDA takes to start (up to a second).
CudaState cuda_state();

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
