#pragma once

#include "base/enum_names.h"

namespace ptravel {

/// Which generator the noise comes from. Cpu: PyTorch's CPU generator (Mersenne Twister). Nv: the
/// web UI's emulation of an NVIDIA card's generator (Philox), which other programs call "GPU".
enum class RngSource { Cpu, Nv };

inline constexpr auto kRngSourceNames =
    enum_names<RngSource>({{RngSource::Cpu, "cpu"}, {RngSource::Nv, "nv"}});

}  // namespace ptravel
