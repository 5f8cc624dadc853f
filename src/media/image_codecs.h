#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "media/image_file.h"

namespace ptravel {

/// What a decoder hands over: pixels as stored, and the metadata that came with them.
struct DecodedImage {
  int width = 0;
  int height = 0;
  int channels = 3;                  ///< 3 = RGB, 4 = RGB and straight alpha.
  std::vector<std::uint8_t> pixels;  ///< Rows without padding.
  std::vector<ImageText> texts;
  std::string latent;  ///< The content of PNG's chunk for it (latent_chunk.h); mostly empty.
  std::string exif;    ///< The EXIF block; empty when there is none.
  std::string note;    ///< What is wrong behind the last pixel; empty when nothing is.
};

// One decoder per format. `bytes` is the whole file and `name` what messages call it. All throw
// Corrupt for broken or cut off data and Unsupported where read_image says so.
DecodedImage decode_png(std::string_view bytes,
                        const std::string& name,
                        std::uint64_t most_pixels = kMostImagePixels);
DecodedImage decode_jpeg(std::string_view bytes,
                         const std::string& name,
                         std::uint64_t most_pixels = kMostImagePixels);
DecodedImage decode_webp(std::string_view bytes,
                         const std::string& name,
                         std::uint64_t most_pixels = kMostImagePixels);

/// A PNG, JPEG or WebP picture, recognised by its content. Throws as they do, and Unsupported for
/// another format.
DecodedImage decode_pixels(std::string_view bytes,
                           const std::string& name,
                           std::uint64_t most_pixels = kMostImagePixels);

/// The bytes of a picture file of any size that is read. Throws NotFound, Io, Unsupported.
std::string read_image_bytes(const std::filesystem::path& path);

/// The texts of a PNG; the pixels are read row by row and dropped.
std::vector<ImageText> decode_png_texts(std::string_view bytes, const std::string& name);

/// Throws Corrupt for a side of 0 and Unsupported for one above 65535 or more than `most_pixels`.
void check_image_size(std::uint64_t width,
                      std::uint64_t height,
                      const std::string& name,
                      std::uint64_t most_pixels = kMostImagePixels);

/// Throws Error(Corrupt): "[read image] <name>: <what>".
[[noreturn]] void throw_corrupt_image(const std::string& name, const std::string& what);

}  // namespace ptravel
