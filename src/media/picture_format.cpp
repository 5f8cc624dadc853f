#include "media/picture_format.h"

namespace ptravel {
namespace {

/// The brand of an ISO base media file (AVIF, HEIC): four bytes behind "ftyp".
std::string_view media_brand(std::string_view head) {
  return head.size() >= 12 && head.substr(4, 4) == "ftyp" ? head.substr(8, 4) : std::string_view();
}

bool is_jpeg_xl(std::string_view head) {
  constexpr std::string_view kContainer("\0\0\0\x0CJXL \r\n\x87\n", 12);
  return head.starts_with("\xFF\x0A") || head.starts_with(kContainer);
}

}  // namespace

std::optional<PictureFormat> picture_format(std::string_view head) {
  if (head.starts_with("\x89PNG\r\n\x1a\n")) {
    return PictureFormat::Png;
  }
  if (head.starts_with("\xFF\xD8\xFF")) {
    return PictureFormat::Jpeg;
  }
  if (head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP") {
    return PictureFormat::WebP;
  }
  if (head.starts_with("GIF87a") || head.starts_with("GIF89a")) {
    return PictureFormat::Gif;
  }
  // Two letters are too little to go by: four bytes further on are always zero.
  if (head.starts_with("BM") && head.size() >= 10 &&
      head.substr(6, 4) == std::string_view("\0\0\0\0", 4)) {
    return PictureFormat::Bmp;
  }
  if (head.starts_with(std::string_view("II\x2A\0", 4)) ||
      head.starts_with(std::string_view("MM\0\x2A", 4))) {
    return PictureFormat::Tiff;
  }
  const std::string_view brand = media_brand(head);
  if (brand == "avif" || brand == "avis") {
    return PictureFormat::Avif;
  }
  if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1") {
    return PictureFormat::Heic;
  }
  return is_jpeg_xl(head) ? std::optional(PictureFormat::JpegXl) : std::nullopt;
}

std::string_view picture_format_name(PictureFormat format) {
  switch (format) {
    case PictureFormat::Png:
      return "PNG";
    case PictureFormat::Jpeg:
      return "JPEG";
    case PictureFormat::WebP:
      return "WebP";
    case PictureFormat::Gif:
      return "GIF";
    case PictureFormat::Bmp:
      return "BMP";
    case PictureFormat::Tiff:
      return "TIFF";
    case PictureFormat::Avif:
      return "AVIF";
    case PictureFormat::Heic:
      return "HEIC";
    case PictureFormat::JpegXl:
      return "JPEG XL";
  }
  return "";
}

bool is_readable_picture(PictureFormat format) {
  return format == PictureFormat::Png || format == PictureFormat::Jpeg ||
         format == PictureFormat::WebP;
}

}  // namespace ptravel
