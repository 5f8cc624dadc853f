#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "media/image_text.h"
#include "ptravel/image.h"

namespace ptravel {

/// What this program takes from an EXIF block.
struct ExifInfo {
  int orientation = 1;       ///< 1..8; 1 is upright.
  std::string user_comment;  ///< UTF-8; where JPEG and WebP keep the parameters text.
  /// The text tags ImageDescription, Make, Model, Software and MakerNote under these names, in this
  /// order, UTF-8, absent ones left out: some programs put their parameters there.
  std::vector<ImageText> texts;
};

/// Reads an EXIF block: a TIFF header and its folders, with or without the leading "Exif\0\0". The
/// block is never trusted: whatever is out of bounds or of the wrong type is treated as absent,
/// because a picture with broken metadata is still a picture. Never throws.
ExifInfo parse_exif(std::string_view block);

/// The upright picture for an EXIF orientation; any other number than 2..8 returns it unchanged.
Image apply_orientation(Image image, int orientation);

}  // namespace ptravel
