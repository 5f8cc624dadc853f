#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// Name of the PNG chunk that holds a frame's latent: optional, ours, and not to be kept by
/// programs that change the pixels.
inline constexpr char kLatentChunk[] = "ptLT";

/// The latent that a picture was decoded from, in the sampler's units (about unit variance).
struct PictureLatent {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<float> values;  ///< Channel by channel, row by row.
};

/// The chunk's content: format 1, channels (a byte each), height and width (two bytes each), then
/// the values in 1/2048 as 16-bit integers, clamped; all big-endian. Expects sides from 1 to 65535
/// (channels to 255), their product in `values`, numbers only.
std::string latent_bytes(int channels, int height, int width, std::span<const float> values);

/// What latent_bytes made; nothing for any other bytes.
std::optional<PictureLatent> parse_latent(std::string_view bytes);

}  // namespace ptravel
