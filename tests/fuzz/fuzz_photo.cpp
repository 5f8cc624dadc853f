// JPEG and WebP files: pixels, and every text in UTF-8.
#include <optional>

#include "media/image_codecs.h"
#include "media/text_encoding.h"
#include "tests/fuzz/harness.h"

namespace {

constexpr std::uint64_t kMostPixels = 1 << 18;

/// Width times height in the first frame header of a JPEG.
std::uint64_t jpeg_pixels(std::string_view bytes) {
  const auto byte = [&](std::size_t at) {
    return at < bytes.size() ? static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at]))
                             : 0;
  };
  for (std::size_t at = 0; at + 9 < bytes.size(); ++at) {
    if (byte(at) == 0xff && (byte(at + 1) & 0xf0) == 0xc0) {
      const std::uint64_t pixels =
          (byte(at + 5) << 8 | byte(at + 6)) * (byte(at + 7) << 8 | byte(at + 8));
      if (pixels > kMostPixels) {
        return pixels;
      }
    }
  }
  return 0;
}

/// Width times height of the canvas and of every frame of a WebP.
std::uint64_t webp_pixels(std::string_view bytes) {
  const auto byte = [&](std::size_t at) {
    return at < bytes.size() ? static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at]))
                             : 0;
  };
  std::uint64_t most = 0;
  for (std::size_t at = bytes.find("VP8"); at != bytes.npos; at = bytes.find("VP8", at + 3)) {
    const std::size_t body = at + 8;
    const std::uint64_t lossy = ((byte(body + 6) | byte(body + 7) << 8) & 0x3fff) *
                                ((byte(body + 8) | byte(body + 9) << 8) & 0x3fff);
    const std::uint64_t bits =
        byte(body + 1) | byte(body + 2) << 8 | byte(body + 3) << 16 | byte(body + 4) << 24;
    const std::uint64_t lossless = ((bits & 0x3fff) + 1) * ((bits >> 14 & 0x3fff) + 1);
    const auto side = [&](std::size_t place) {
      return (byte(place) | byte(place + 1) << 8 | byte(place + 2) << 16) + 1;
    };
    const std::uint64_t canvas = side(body + 4) * side(body + 7);
    most = std::max(most, byte(at + 3) == 'L' ? lossless : byte(at + 3) == 'X' ? canvas : lossy);
  }
  return most;
}

void check(const ptravel::DecodedImage& image) {
  const auto wanted = static_cast<std::size_t>(image.width) *
                      static_cast<std::size_t>(image.height) *
                      static_cast<std::size_t>(image.channels);
  ptravel::fuzz::require(image.pixels.size() == wanted, "as many pixels as the size says");
  for (const ptravel::ImageText& text : image.texts) {
    ptravel::fuzz::require(ptravel::is_utf8(text.text), "a text in UTF-8");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  const std::string_view bytes = fuzz::text_of(data, size);
  if (jpeg_pixels(bytes) <= kMostPixels) {
    fuzz::parse([&] { check(decode_jpeg(bytes, "fuzz")); });
  }
  if (webp_pixels(bytes) <= kMostPixels) {
    fuzz::parse([&] { check(decode_webp(bytes, "fuzz")); });
  }
  return 0;
}
