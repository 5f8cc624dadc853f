#pragma once

#include <string_view>

namespace ptravel::cpu {

// What computes is chosen by the processor unless one family is pinned, before anything is
// computed.

/// Lets kernels() be the runnable table of that name; has_bf16_instructions() goes by it, too.
void pin_kernels(std::string_view name);

/// Lets oneDNN use no more instructions than the kernels of that name do.
void limit_onednn(std::string_view name);

}  // namespace ptravel::cpu
