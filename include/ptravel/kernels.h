#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// The families of CPU kernels that this processor runs, the best one first: "amx", "avx512_bf16",
/// "avx512", "avx2", "baseline".
std::vector<std::string> runnable_kernel_families();

/// Lets this process compute with that family, with everything below it that chooses by the
/// processor: oneDNN and LibTorch. Before the first number is computed, in the only thread. Throws
/// InvalidArgument, naming "--kernels", for a family that this processor does not run.
void pin_kernel_family(std::string_view family);

}  // namespace ptravel
