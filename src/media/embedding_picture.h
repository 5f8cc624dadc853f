#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

struct DecodedImage;

/// The JSON text of a textual inversion embedding in a picture's bytes (PNG or WebP), as the web UI
/// shares them: in PNG's text "sd-ti-embedding", else in the low bits of its pixels. Nothing where
/// the picture carries none. Throws what decode_png and decode_webp throw for pictures of more than
/// 2^24 pixels, too, and Corrupt for a text that is not base64 or pixels that are no zlib stream.
std::optional<std::string> embedding_in_picture(std::string_view bytes, const std::string& name);

/// The same of pixels alone.
std::optional<std::string> embedding_in_pixels(const DecodedImage& image, const std::string& name);

}  // namespace ptravel
