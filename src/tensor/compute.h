#pragma once

#include <cstddef>

#include <ATen/core/Tensor.h>

#include "ptravel/compute.h"

namespace ptravel {

/// The device and number format that a model computes in. Chosen once, carried by the model.
struct Compute {
  at::Device device{at::kCPU};
  at::ScalarType dtype = at::kFloat;
};

/// Turns the user's wishes into a Compute. Throws Unsupported for a device that is not there or
/// for fp16 on a CPU.
Compute resolve_compute(DeviceChoice device, Precision precision);

/// Sets the number of CPU threads of the calling thread and of threads that have done no tensor
/// work yet, for LibTorch and oneDNN (OpenMP), and OpenBLAS's, which is the process's; 0 takes one
/// for each processor this process may run on. Returns the number set. Work that runs beside other
/// work sets its own with ThreadScope (thread_scope.h).
int set_num_threads(int threads);

/// The same, once at a program's start, and makes large CPU tensors lie in huge pages that are used
/// again (cpu/memory.h). Returns the number of threads set.
int prepare_cpu(int threads);

/// Takes memory from the system for so many bytes of CPU tensors that are about to be made. Page by
/// page, as they are written, it would come much slower.
void reserve_memory(std::size_t bytes);

}  // namespace ptravel
