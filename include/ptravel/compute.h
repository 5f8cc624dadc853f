#pragma once

namespace ptravel {

/// Where the networks run. Auto takes CUDA when LibTorch has it and a device is present, else the
/// CPU.
enum class DeviceChoice { Auto, Cpu, Cuda };

/// The networks' arithmetic. fp32 is the reference, the web UI's pictures. Auto takes fp16 on CUDA,
/// bf16 on CPUs with instructions for it (AVX512_BF16, AMX), where it is about twice as fast, and
/// fp32 on others. fp16 is refused on a CPU. Samplers run in fp32.
enum class Precision { Auto, Fp32, Bf16, Fp16 };

/// What a network's prediction means. Eps: the noise. V: sqrt(abar) noise - sqrt(1 - abar) x0.
enum class Prediction { Eps, V };

/// What the UNet predicts. Auto believes the files: a yaml or json beside the weights, marks among
/// the tensors, metadata; SD 2.x tells by its answers; else Eps.
enum class PredictionChoice { Auto, Eps, V };

/// Whether the last noise level is (nearly) pure noise. Auto believes the files.
enum class ZeroSnrChoice { Auto, On, Off };

/// What makes pictures of latents. Tiny: a small stand-in for the VAE (TAESD), for drafts.
enum class VaeDecoder { Full, Tiny };

}  // namespace ptravel
