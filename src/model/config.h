#pragma once

#include <cstdint>
#include <vector>

namespace ptravel {

/// What a network's output means. Eps: the noise. V: sqrt(abar) noise - sqrt(1 - abar) x0.
enum class Prediction { Eps, V };

/// Hyper-parameters of the CLIP text model. Defaults: CLIP ViT-L/14, as in SD 1.x.
struct ClipConfig {
  std::int64_t vocab_size = 49408;
  std::int64_t width = 768;
  std::int64_t num_layers = 12;
  std::int64_t num_heads = 12;  ///< Not visible in the weights: width / 64 unless a config says otherwise.
  std::int64_t intermediate = 3072;
  std::int64_t max_positions = 77;
  bool quick_gelu = true;  ///< x * sigmoid(1.702 x); otherwise the exact (erf) GELU.
};

/// Hyper-parameters of the UNet. Defaults: SD 1.x.
struct UnetConfig {
  std::int64_t in_channels = 4;
  std::int64_t out_channels = 4;
  std::int64_t model_channels = 320;
  std::int64_t num_res_blocks = 2;
  std::vector<std::int64_t> channel_mult = {1, 2, 4, 4};
  /// Transformer blocks in each spatial transformer of a level; 0 = the level has none.
  std::vector<std::int64_t> transformer_depth = {1, 1, 1, 0};
  std::int64_t middle_depth = 1;
  std::int64_t num_heads = 8;      ///< Used when head_channels is 0.
  std::int64_t head_channels = 0;  ///< When > 0: heads = channels / head_channels.
  std::int64_t context_dim = 768;
  bool linear_projection = false;  ///< proj_in / proj_out are Linear instead of 1x1 convolutions.
};

/// Hyper-parameters of the AutoencoderKL. Defaults: SD 1.x.
struct VaeConfig {
  std::int64_t channels = 128;
  std::vector<std::int64_t> channel_mult = {1, 2, 4, 4};
  std::int64_t num_res_blocks = 2;
  std::int64_t z_channels = 4;
  std::int64_t embed_dim = 4;
  std::int64_t in_channels = 3;
  std::int64_t out_channels = 3;
  double scale_factor = 0.18215;  ///< Latents are multiplied by it after encoding.

  /// How many pixels one latent cell covers along a side: 8 for SD 1.x.
  std::int64_t factor() const { return std::int64_t{1} << (channel_mult.size() - 1); }
};

}  // namespace ptravel
