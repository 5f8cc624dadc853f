#pragma once

namespace ptravel {

/// Where the networks run. Auto takes CUDA when LibTorch has it and a device is present, else the CPU.
enum class DeviceChoice { Auto, Cpu, Cuda };

/// The networks' arithmetic. Auto takes fp16 on CUDA, and on a CPU bf16 where it has bf16
/// instructions, else fp32. fp16 is refused on a CPU. Samplers and schedules always run in fp32.
enum class Precision { Auto, Fp32, Bf16, Fp16 };

}  // namespace ptravel
