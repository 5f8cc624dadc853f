#pragma once

#include "tensor/compute.h"

#include "bench_options.h"

namespace ptravel::bench {

/// Compares frames that were computed in calls of 1, 3 and 8, byte for byte, and prints what it
/// saw. True when nothing differs.
bool same_in_any_batch(const Options& options, const Compute& compute);

/// Compares the networks with the same ones on the CPU in fp32 and prints how far they are apart.
/// True when all are within the number format's bound.
bool close_to_cpu(const Options& options, const Compute& compute);

}  // namespace ptravel::bench
