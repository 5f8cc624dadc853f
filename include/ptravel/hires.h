#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace ptravel {

/// How latents get the size of the second pass: the kernels of the web UI's latent upscalers.
enum class LatentUpscale {
  Bilinear,
  BilinearAntialiased,
  Bicubic,
  BicubicAntialiased,
  Nearest,
  NearestExact,
};

/// The web UI's name of one: "Latent (bicubic)".
struct LatentUpscaler {
  std::string_view name;
  LatentUpscale kind;
};

/// In the web UI's order; the first one is its default.
inline constexpr std::array<LatentUpscaler, 6> kLatentUpscalers = {{
    {"Latent", LatentUpscale::Bilinear},
    {"Latent (antialiased)", LatentUpscale::BilinearAntialiased},
    {"Latent (bicubic)", LatentUpscale::Bicubic},
    {"Latent (bicubic antialiased)", LatentUpscale::BicubicAntialiased},
    {"Latent (nearest)", LatentUpscale::Nearest},
    {"Latent (nearest-exact)", LatentUpscale::NearestExact},
}};

/// The one of this name, exactly; nothing for those of pictures.
constexpr std::optional<LatentUpscale> find_latent_upscaler(std::string_view name) {
  for (const LatentUpscaler& upscaler : kLatentUpscalers) {
    if (upscaler.name == name) {
      return upscaler.kind;
    }
  }
  return std::nullopt;
}

/// The upscalers of pictures that need no file.
inline constexpr std::string_view kNoUpscaler = "None";
inline constexpr std::string_view kLanczosUpscaler = "Lanczos";
inline constexpr std::string_view kNearestUpscaler = "Nearest";

}  // namespace ptravel
