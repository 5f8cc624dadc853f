#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// The processor, and what the networks make of it.
struct CpuState {
  std::string name;            ///< "AMD EPYC 9654"; "" where the system does not tell.
  int processors = 0;          ///< That this process may run on.
  std::string kernels;         ///< The instructions that the program's own loops use: "avx512".
  bool onednn = false;         ///< Convolutions and matrix products are oneDNN's.
  std::string auto_precision;  ///< What --precision auto is on the CPU: "bf16" or "fp32".
};

/// What networks can run on here.
struct DeviceReport {
  CpuState cpu;
  CudaState cuda;
  std::string libtorch;  ///< Its version.
  /// The compute capabilities that the program's own kernels were built for ("80;90a"); "": it has
  /// none for cards, LibTorch's operators compute there.
  std::string cuda_kernels;
};

/// Asks the system and CUDA. Any thread.
DeviceReport device_report();

/// Lines for people.
std::string describe(const DeviceReport& report);

/// One JSON object (text).
std::string to_json(const DeviceReport& report);

}  // namespace ptravel
