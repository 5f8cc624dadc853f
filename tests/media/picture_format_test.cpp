#include "media/picture_format.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

TEST(PictureFormat, IsToldByTheFirstBytes) {
  const std::pair<std::string, PictureFormat> heads[] = {
      {"GIF89a\1\1", PictureFormat::Gif},
      {"GIF87a\1\1", PictureFormat::Gif},
      {std::string("BM\x10\x20\0\0\0\0\0\0", 10), PictureFormat::Bmp},
      {std::string("II\x2A\0", 4), PictureFormat::Tiff},
      {std::string("MM\0\x2A", 4), PictureFormat::Tiff},
      {std::string("\0\0\0\x20"
                   "ftypavif",
                   12),
       PictureFormat::Avif},
      {std::string("\0\0\0\x20"
                   "ftypheic",
                   12),
       PictureFormat::Heic},
      {"\xFF\x0A", PictureFormat::JpegXl}};
  for (const auto& [head, format] : heads) {
    EXPECT_EQ(picture_format(head), format) << picture_format_name(format);
    EXPECT_FALSE(is_readable_picture(format));
  }
  for (const auto& [name, format] :
       {std::pair("rgba.png", PictureFormat::Png), std::pair("plain.jpg", PictureFormat::Jpeg),
        std::pair("lossy.webp", PictureFormat::WebP)}) {
    EXPECT_EQ(picture_format(read_file(data_file(name))), format) << name;
    EXPECT_TRUE(is_readable_picture(format));
  }
}

TEST(PictureFormat, OtherFilesAreNone) {
  for (const std::string& head :
       {std::string(), std::string("BM, a text"), std::string("RIFF....WAVE"), std::string("RIFF"),
        std::string("\x89PN"), std::string("PK\3\4"),
        std::string("\0\0\0\x20"
                    "ftypisom",
                    12)}) {
    EXPECT_EQ(picture_format(head), std::nullopt) << head;
  }
}

}  // namespace
}  // namespace ptravel
