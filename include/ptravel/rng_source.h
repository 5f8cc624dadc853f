#pragma once

namespace ptravel {

/// Which generator the noise comes from. Cpu: PyTorch's CPU generator (Mersenne Twister). Nv: the
/// web UI's emulation of an NVIDIA card's generator (Philox), which other programs call "GPU".
enum class RngSource { Cpu, Nv };

}  // namespace ptravel
