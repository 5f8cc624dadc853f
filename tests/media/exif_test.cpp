#include "media/exif.h"

#include "base/files.h"
#include "media/image_codecs.h"
#include "media/text_encoding.h"
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

/// A block of one folder with Software, and an EXIF folder with UserComment.
std::string made_block(ByteOrder order, const std::string& software, const std::string& comment) {
  std::string block =
      order == ByteOrder::LittleEndian ? std::string("II\x2a\0", 4) : std::string("MM\0\x2a", 4);
  const auto add = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) {
      const int shift = 8 * (order == ByteOrder::LittleEndian ? i : size - 1 - i);
      block += static_cast<char>(value >> shift & 0xFF);
    }
  };
  const auto add_entry = [&](std::uint32_t tag, std::uint32_t type, std::size_t count,
                             std::size_t value) {
    add(tag, 2);
    add(type, 2);
    add(static_cast<std::uint32_t>(count), 4);
    add(static_cast<std::uint32_t>(value), 4);
  };
  constexpr std::size_t kExifFolder = 8 + 2 + 2 * 12 + 4;
  constexpr std::size_t kValues = kExifFolder + 2 + 12 + 4;
  add(8, 4);
  add(2, 2);
  add_entry(0x0131, 2, software.size(), kValues);
  add_entry(0x8769, 4, 1, kExifFolder);
  add(0, 4);
  add(1, 2);
  add_entry(0x9286, 7, comment.size(), kValues + software.size());
  add(0, 4);
  return block + software + comment;
}

std::string utf16(const std::u16string& text, ByteOrder order) {
  std::string bytes("UNICODE\0", 8);
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 0xFF);
    bytes += order == ByteOrder::BigEndian ? high : low;
    bytes += order == ByteOrder::BigEndian ? low : high;
  }
  return bytes;
}

TEST(Exif, ReadsOtherCharacterCodes) {
  const auto decoded = [](const std::string& comment) {
    return parse_exif(made_block(ByteOrder::BigEndian, "tool", comment)).user_comment;
  };
  EXPECT_EQ(decoded(std::string("ASCII\0\0\0plain text\0\0garbage", 27)), "plain text");
  EXPECT_EQ(decoded(std::string(8, '\0') + std::string("n\xFFone\0", 6)), "nÿone");
  EXPECT_EQ(decoded(std::string("as it is\0", 9)), "as it is");
  EXPECT_EQ(decoded(std::string("JIS\0\0\0\0\0plain\0", 14)), "plain");
  EXPECT_EQ(decoded(std::string("JIS\0\0\0\0\0\x1B$B0!\0", 14)), "");
}

TEST(Exif, Utf16IsReadInTheOrderThatMakesSense) {
  const std::u16string text = u"森の猫, größe\nSteps: 20, Sampler: Euler, Seed: 1";
  for (const ByteOrder block : {ByteOrder::LittleEndian, ByteOrder::BigEndian}) {
    for (const ByteOrder comment : {ByteOrder::LittleEndian, ByteOrder::BigEndian}) {
      EXPECT_EQ(parse_exif(made_block(block, "tool", utf16(text, comment))).user_comment,
                "森の猫, größe\nSteps: 20, Sampler: Euler, Seed: 1");
      EXPECT_EQ(
          parse_exif(made_block(block, "tool", utf16(u"\xFEFF" + text, comment))).user_comment,
          "森の猫, größe\nSteps: 20, Sampler: Euler, Seed: 1");
    }
    // Without a character that tells the order the block's own counts.
    EXPECT_EQ(parse_exif(made_block(block, "tool", utf16(u"森猫", block))).user_comment, "森猫");
  }
}

TEST(Exif, Utf8UnderAWrongNameIsRead) {
  const std::string text = "森の猫\nSteps: 20";
  for (const std::string& code : {std::string("UNICODE\0", 8), std::string("ASCII\0\0\0", 8),
                                  std::string(8, '\0'), std::string()}) {
    EXPECT_EQ(parse_exif(made_block(ByteOrder::LittleEndian, "tool", code + text)).user_comment,
              text);
  }
  const std::string wide = utf16(u"cat, Steps: 20", ByteOrder::LittleEndian).substr(8);
  EXPECT_EQ(parse_exif(made_block(ByteOrder::BigEndian, "tool", wide)).user_comment,
            "cat, Steps: 20");
}

TEST(Exif, TextTagsComeUnderTheirNames) {
  const ExifInfo info =
      parse_exif(made_block(ByteOrder::BigEndian, std::string("NovelAI\0", 8), "x"));
  EXPECT_EQ(info.texts, (std::vector<ImageText>{{"Software", "NovelAI"}}));
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
