#include "media/latent_chunk.h"

#include <algorithm>
#include <cmath>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr unsigned kFormat = 1;
constexpr std::size_t kHeadBytes = 6;
constexpr float kUnit = 2048;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

int pair_at(std::string_view bytes, std::size_t at) {
  return static_cast<int>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

void append_pair(std::string& bytes, unsigned value) {
  bytes += static_cast<char>(value >> 8 & 0xFF);
  bytes += static_cast<char>(value & 0xFF);
}

}  // namespace

std::string latent_bytes(int channels, int height, int width, std::span<const float> values) {
  PTRAVEL_CHECK(channels > 0 && channels < 256 && height > 0 && height < 65536 && width > 0 &&
                width < 65536);
  PTRAVEL_CHECK(values.size() == std::size_t(channels) * height * width);
  std::string bytes = {static_cast<char>(kFormat), static_cast<char>(channels)};
  bytes.reserve(kHeadBytes + 2 * values.size());
  append_pair(bytes, static_cast<unsigned>(height));
  append_pair(bytes, static_cast<unsigned>(width));
  for (const float value : values) {
    const long units = std::lround(std::clamp(value * kUnit, -32768.0F, 32767.0F));
    append_pair(bytes, static_cast<unsigned>(units) & 0xFFFF);
  }
  return bytes;
}

std::optional<PictureLatent> parse_latent(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || byte_at(bytes, 0) != kFormat) {
    return std::nullopt;
  }
  PictureLatent latent{
      static_cast<int>(byte_at(bytes, 1)), pair_at(bytes, 2), pair_at(bytes, 4), {}};
  const std::uint64_t count = std::uint64_t(latent.channels) * latent.height * latent.width;
  if (count == 0 || bytes.size() - kHeadBytes != 2 * count) {
    return std::nullopt;
  }
  latent.values.reserve(count);
  for (std::size_t at = kHeadBytes; at < bytes.size(); at += 2) {
    latent.values.push_back(static_cast<std::int16_t>(pair_at(bytes, at)) / kUnit);
  }
  return latent;
}

}  // namespace ptravel
