#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// A tiny decoder (TAESD, TAESDXL): convolutions and nothing else, a hundredth of a VAE's work.
struct TinyDecoderConfig {
  std::int64_t latent_channels = 4;
  std::int64_t width = 64;  ///< Channels of everything between.
  /// Residual blocks of each level; from one level to the next the picture doubles.
  std::vector<std::int64_t> blocks = {3, 3, 3, 1};

  /// Pixels along a side for each cell of the latent.
  std::int64_t factor() const { return std::int64_t{1} << (blocks.size() - 1); }
  bool operator==(const TinyDecoderConfig&) const = default;
};

/// A file with one in it: nothing is read yet but names and shapes.
struct TinyDecoderFile {
  TinyDecoderConfig config;
  /// "conv_in", "levels.0.blocks.0.conv.0", "levels.1.conv", "conv_out", and what else the file
  /// has below the decoder's prefix, under its own names.
  std::shared_ptr<const StoredTensors> weights;
};

/// Opens a tiny decoder as people have it: the numbers of a torch.nn.Sequential ("1.weight",
/// "3.conv.0.weight"), bare or below "decoder." or "taesd_decoder.", or the names of diffusers'
/// AutoencoderTiny ("decoder.layers.0.weight"). Throws what open_tensor_file throws, Unsupported
/// for a file that is none, and Corrupt for sizes that fit no such network.
TinyDecoderFile open_tiny_decoder(const std::filesystem::path& path);

/// The file of the tiny decoder for latents of `family` in one of the folders: "taesd_decoder" for
/// Stable Diffusion 1.x and 2.x, "taesdxl_decoder" for XL, with .safetensors, .pth or .pt; or a
/// diffusers folder "taesd", "taesdxl". Nothing when there is none.
std::optional<std::filesystem::path> find_tiny_decoder(
    const std::vector<std::filesystem::path>& folders, ModelFamily family);

/// "taesd_decoder" or "taesdxl_decoder".
std::string_view tiny_decoder_name(ModelFamily family);

}  // namespace ptravel
