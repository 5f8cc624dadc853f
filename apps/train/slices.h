#pragma once

#include <cstdint>
#include <functional>

namespace ptravel::train {

/// Cuts 0..count into slices and calls body(first, size) for all of them at the same time, each in
/// a thread of its own with an equal share of the CPU threads that ATen may use here. On a CPU this
/// trains much faster than one thread after the other waiting at every operator: a batch cut in two
/// needs no waiting. One slice alone runs in the calling thread. Rethrows the first exception.
/// With more than two slices the order in which their gradients are added may vary.
void for_slices(std::int64_t count,
                int workers,
                const std::function<void(std::int64_t first, std::int64_t size)>& body);

/// How many slices suit a batch on this device: one for each CPU thread as long as every slice has
/// a few pictures; one on other devices.
int slices_for(std::int64_t batch, bool on_cpu);

}  // namespace ptravel::train
