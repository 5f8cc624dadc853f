#include "media/exif.h"
#include "media/image_codecs.h"
#include "media/mask.h"

namespace ptravel {
namespace {

constexpr unsigned kHalfOpaque = 128;

/// Brightness of a colour as Pillow has it (ITU-R 601-2), in 16-bit fixed point.
std::uint8_t brightness(const std::uint8_t* rgb) {
  constexpr unsigned kRed = 19595, kGreen = 38470, kBlue = 7471, kHalf = 0x8000;
  return static_cast<std::uint8_t>((rgb[0] * kRed + rgb[1] * kGreen + rgb[2] * kBlue + kHalf) >>
                                   16);
}

bool is_transparent(const DecodedImage& image) {
  if (image.channels != 4) {
    return false;
  }
  for (std::size_t i = 3; i < image.pixels.size(); i += 4) {
    if (image.pixels[i] != 255) {
      return true;
    }
  }
  return false;
}

}  // namespace

GreyImage decode_mask(std::string_view bytes,
                      const std::string& name,
                      MaskAlpha alpha,
                      std::uint64_t most_pixels) {
  const DecodedImage decoded = decode_pixels(bytes, name, most_pixels);
  GreyImage mask(decoded.width, decoded.height);
  const bool by_alpha = is_transparent(decoded);
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    const std::uint8_t* pixel = decoded.pixels.data() + i * decoded.channels;
    if (!by_alpha) {
      mask.values[i] = brightness(pixel);
    } else if (alpha == MaskAlpha::Kept) {
      mask.values[i] = pixel[3];
    } else {
      mask.values[i] = pixel[3] > kHalfOpaque ? 255 : 0;
    }
  }
  const int orientation = parse_exif(decoded.exif).orientation;
  return orientation == 1 ? mask : first_channel(apply_orientation(to_rgb(mask), orientation));
}

GreyImage read_mask(const std::filesystem::path& path, MaskAlpha alpha) {
  return decode_mask(read_image_bytes(path), path.string(), alpha);
}

}  // namespace ptravel
