#pragma once

#include <memory>

#include "model/clip.h"
#include "model/random_tensors.h"
#include "model/unet.h"
#include "model/vae.h"

namespace ptravel {

/// Networks with the structure of SD 1.x and few channels.
inline ClipConfig tiny_clip() {
  ClipConfig config;
  config.vocab_size = 100;
  config.width = 32;
  config.num_layers = 3;
  config.num_heads = 4;
  config.intermediate = 64;
  return config;
}

inline UnetConfig tiny_unet() {
  UnetConfig config;
  config.model_channels = 32;
  config.channel_mult = {1, 2, 2};
  config.transformer_depth = {1, 1, 0};
  config.num_res_blocks = 1;
  config.heads = {4, 4, 4};
  config.context_dim = 24;
  return config;
}

inline VaeConfig tiny_vae() {
  VaeConfig config;
  config.channels = 32;
  config.channel_mult = {1, 2};
  config.num_res_blocks = 1;
  return config;
}

/// Weights made on demand, reported under `title`.
inline Weights random_weights(const std::string& title, std::uint64_t seed = 3) {
  return Weights(std::make_shared<RandomTensors>(seed), "net", title);
}

inline Compute cpu_fp32() { return {at::kCPU, at::kFloat}; }
inline Compute cpu_bf16() { return {at::kCPU, at::kBFloat16}; }

}  // namespace ptravel
