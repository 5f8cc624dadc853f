#include "media/image_file.h"

#include <utility>

#include "base/files.h"
#include "media/exif.h"
#include "media/image_codecs.h"
#include "media/picture_format.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kMaxSide = 65535;
constexpr std::uint64_t kMaxFileSize = std::uint64_t{1} << 30;

/// One channel over white, with Pillow's rounding of the division by 255.
std::uint8_t over_white(unsigned value, unsigned alpha) {
  const unsigned sum = 255 * (255 - alpha) + value * alpha + 128;
  return static_cast<std::uint8_t>((sum + (sum >> 8)) >> 8);
}

/// Lays RGBA over white within its own memory.
void flatten_alpha(std::vector<std::uint8_t>& pixels) {
  const std::size_t count = pixels.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned alpha = pixels[4 * i + 3];
    for (std::size_t channel = 0; channel < 3; ++channel) {
      pixels[3 * i + channel] = over_white(pixels[4 * i + channel], alpha);
    }
  }
  pixels.resize(count * 3);
}

}  // namespace

DecodedImage decode_pixels(std::string_view bytes,
                           const std::string& name,
                           std::uint64_t most_pixels) {
  const auto format = picture_format(bytes);
  if (format == PictureFormat::Png) {
    return decode_png(bytes, name, most_pixels);
  }
  if (format == PictureFormat::Jpeg) {
    return decode_jpeg(bytes, name, most_pixels);
  }
  if (format == PictureFormat::WebP) {
    return decode_webp(bytes, name, most_pixels);
  }
  if (bytes.empty()) {
    throw_corrupt_image(name, "the file is empty");
  }
  const std::string found = format ? "is " + std::string(picture_format_name(*format)) + ", " : "";
  throw Error(ErrorCode::Unsupported,
              "[read image] " + name + ": " + found + "expected a PNG, JPEG or WebP picture");
}

std::string read_image_bytes(const std::filesystem::path& path) {
  return read_file(path, kMaxFileSize);
}

void check_image_size(std::uint64_t width,
                      std::uint64_t height,
                      const std::string& name,
                      std::uint64_t most_pixels) {
  if (width == 0 || height == 0) {
    throw_corrupt_image(name, "the picture has no pixels");
  }
  if (width > kMaxSide || height > kMaxSide || width * height > most_pixels) {
    throw Error(ErrorCode::Unsupported,
                "[read image] " + name + ": the picture is " + std::to_string(width) + "x" +
                    std::to_string(height) + ", expected sides of at most 65535 and at most " +
                    (most_pixels == kMostImagePixels ? "2^28" : std::to_string(most_pixels)) +
                    " pixels");
  }
}

void throw_corrupt_image(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::Corrupt, "[read image] " + name + ": " + what);
}

namespace {

/// What the EXIF block adds to the texts that the file has by itself.
void add_exif_texts(ExifInfo exif, std::vector<ImageText>& texts) {
  if (!exif.user_comment.empty() && !find_text(texts, "parameters")) {
    texts.push_back({"parameters", std::move(exif.user_comment)});
  }
  for (ImageText& text : exif.texts) {
    if (!find_text(texts, text.keyword)) {
      texts.push_back(std::move(text));
    }
  }
}

}  // namespace

LoadedImage read_image(const std::filesystem::path& path) {
  return decode_image(read_image_bytes(path), path.string());
}

LoadedImage decode_image(std::string_view bytes,
                         const std::string& name,
                         std::uint64_t most_pixels) {
  DecodedImage decoded = decode_pixels(bytes, name, most_pixels);
  if (decoded.channels == 4) {
    flatten_alpha(decoded.pixels);
  }
  LoadedImage loaded;
  loaded.texts = std::move(decoded.texts);
  loaded.latent = std::move(decoded.latent);
  Image image;
  image.width = decoded.width;
  image.height = decoded.height;
  image.pixels = std::move(decoded.pixels);
  loaded.note = std::move(decoded.note);
  ExifInfo exif = parse_exif(decoded.exif);
  loaded.image = apply_orientation(std::move(image), exif.orientation);
  add_exif_texts(std::move(exif), loaded.texts);
  return loaded;
}

std::vector<ImageText> read_png_text(const std::filesystem::path& path) {
  const std::string bytes = read_file(path, kMaxFileSize);
  if (picture_format(bytes) != PictureFormat::Png) {
    throw Error(ErrorCode::Unsupported, "[read png text] " + path.string() + ": expected a PNG");
  }
  return decode_png_texts(bytes, path.string());
}

void write_png(const std::filesystem::path& path,
               const Image& image,
               std::span<const ImageText> texts,
               std::string_view latent) {
  write_file_atomic(path, encode_png(image, texts, latent));
}

}  // namespace ptravel
