#pragma once

#include <optional>
#include <string_view>

namespace ptravel {

/// Picture formats that are told apart by their first bytes.
enum class PictureFormat { Png, Jpeg, WebP, Gif, Bmp, Tiff, Avif, Heic, JpegXl };

/// How many bytes at the beginning of a file picture_format needs.
constexpr std::size_t kPictureSignatureBytes = 16;

/// The format of a file that begins with `head`; nullopt when it is no picture that we know. The
/// one place of the project that knows signatures of pictures.
std::optional<PictureFormat> picture_format(std::string_view head);

/// "PNG", "JPEG XL", ...
std::string_view picture_format_name(PictureFormat format);

/// Whether read_image reads the format.
bool is_readable_picture(PictureFormat format);

}  // namespace ptravel
