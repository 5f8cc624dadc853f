#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/image_text.h"
#include "ptravel/image.h"

namespace ptravel {

/// A picture and the texts that its file carries.
struct LoadedImage {
  Image image;
  std::vector<ImageText> texts;
  std::string latent;  ///< As its file holds it, to be read by parse_latent; mostly empty.
  std::string note;    ///< What is wrong with the file though all pixels are there; mostly empty.
};

/// What read_image takes at most: 2^28.
inline constexpr std::uint64_t kMostImagePixels = std::uint64_t{1} << 28;

/// Reads a PNG, JPEG or WebP picture, recognised by its content. Any depth and colour type becomes
/// 8-bit RGB as in Pillow (16 bits: the high byte; CMYK: as Adobe writes it); transparent parts are
/// laid over white and the EXIF orientation is applied, as the web UI does for img2img. Texts:
/// PNG's tEXt, zTXt and iTXt (UTF-8 where they are that, else Latin-1), EXIF's UserComment as
/// "parameters" where there is no such text, EXIF's text tags under their names, comments of JPEG
/// as "comment", XMP as "XML:com.adobe.xmp". A PNG that is cut off or broken behind its last pixel
/// is read, with a note. Throws NotFound, Io, Corrupt (broken or cut off), Unsupported (another
/// format, an animated WebP, a side above 65535 or more than 2^28 pixels; decided before memory is
/// taken for it).
LoadedImage read_image(const std::filesystem::path& path);

/// The same of a file's bytes; `name` is what messages call it, and pictures of more than
/// `most_pixels` are Unsupported, decided before memory is taken for them.
LoadedImage decode_image(std::string_view bytes,
                         const std::string& name,
                         std::uint64_t most_pixels = kMostImagePixels);

/// The texts of a PNG file, whose pixels are read but not kept: a file that is cut off or broken
/// anywhere, also behind its pixels, is found out. Throws as read_image; Unsupported when it is no
/// PNG.
std::vector<ImageText> read_png_text(const std::filesystem::path& path);

/// Writes a PNG through a temporary file and a rename: afterwards `path` is complete or untouched.
/// The texts stand before the pixels, as tEXt where Latin-1 can express them, else as iTXt;
/// `latent`, if not empty, is what latent_bytes made. Equal input gives equal bytes. Throws
/// InvalidArgument for an empty picture, a text that is not UTF-8 or contains a zero byte, or a
/// keyword that is not 1 to 79 printable ASCII characters; Io.
void write_png(const std::filesystem::path& path,
               const Image& image,
               std::span<const ImageText> texts = {},
               std::string_view latent = {});

/// The bytes that write_png writes.
std::string encode_png(const Image& image,
                       std::span<const ImageText> texts = {},
                       std::string_view latent = {});

/// A JPEG file's bytes, 4:2:0, without metadata. `quality`: 1 to 100. Throws InvalidArgument for an
/// empty picture or a side above 65535.
std::string encode_jpeg(const Image& image, int quality);

}  // namespace ptravel
