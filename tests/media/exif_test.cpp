#include "media/exif.h"

#include "base/files.h"
#include "media/image_codecs.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

const std::string kComment =
    "a cat, größe 漢字\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1";

std::string exif_of(const std::string& name) {
  return decode_jpeg(read_file(data_file(name)), name).exif;
}

TEST(Exif, ReadsBothByteOrders) {
  EXPECT_EQ(parse_exif(exif_of("turned.jpg")).orientation, 6);
  EXPECT_EQ(parse_exif(exif_of("turned.jpg")).user_comment, kComment);
  EXPECT_EQ(parse_exif(exif_of("little_endian.jpg")).orientation, 3);
  EXPECT_EQ(parse_exif(exif_of("little_endian.jpg")).user_comment, kComment);
}

TEST(Exif, ReadsOtherCharacterCodes) {
  const std::string block = exif_of("turned.jpg");
  const std::size_t prefix = block.find(std::string("UNICODE\0", 8));
  ASSERT_NE(prefix, std::string::npos);
  const auto comment_with = [&](const std::string& start) {
    return parse_exif(std::string(block).replace(prefix, start.size(), start)).user_comment;
  };
  EXPECT_EQ(comment_with(std::string("ASCII\0\0\0plain text\0", 19)), "plain text");
  EXPECT_EQ(comment_with(std::string(8, '\0') + std::string("n\xFFone\0", 6)), "none");
  EXPECT_EQ(comment_with(std::string("as it is\0", 9)), "as it is");
}

TEST(Exif, BrokenBlocksAreHarmless) {
  const std::string block = exif_of("turned.jpg");
  for (std::size_t size = 0; size < block.size(); ++size) {
    const ExifInfo info = parse_exif(std::string_view(block).substr(0, size));
    EXPECT_TRUE(info.orientation == 1 || info.orientation == 6);
  }
  for (std::size_t i = 0; i < block.size(); ++i) {
    for (const char value : {'\0', '\xFF', '\x7F'}) {
      std::string changed = block;
      changed[i] = value;
      const ExifInfo info = parse_exif(changed);
      EXPECT_GE(info.orientation, 1);
      EXPECT_LE(info.orientation, 8);
    }
  }
}

TEST(Exif, OrientationsMoveTheFirstPixel) {
  Image image(3, 2);
  image.pixels[0] = 255;
  const std::pair<int, int> corners[] = {{0, 0}, {2, 0}, {2, 1}, {0, 1},
                                         {0, 0}, {1, 0}, {1, 2}, {0, 2}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image upright = apply_orientation(image, orientation);
    const bool turned = orientation >= 5;
    EXPECT_EQ(upright.width, turned ? 2 : 3);
    EXPECT_EQ(upright.height, turned ? 3 : 2);
    const auto [x, y] = corners[orientation - 1];
    EXPECT_EQ(upright.row(y)[3 * x], 255) << orientation;
  }
}

TEST(Exif, OrientationsUndoEachOther) {
  const Image image = make_image(5, 4, pattern_pixel);
  const int inverse[] = {1, 2, 3, 4, 5, 8, 7, 6};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(apply_orientation(apply_orientation(image, orientation), inverse[orientation - 1]),
              image);
  }
  EXPECT_EQ(apply_orientation(image, 0), image);
  EXPECT_EQ(apply_orientation(image, 9), image);
}

}  // namespace
}  // namespace ptravel
