// Hostile and damaged pictures: every one gives a picture or an Error, never more.

#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image_codecs.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

using Decoder = DecodedImage (*)(std::string_view, const std::string&, std::uint64_t);

struct BrokenCase {
  const char* file;
  Decoder decode;
  std::size_t tail;  ///< Bytes at the end that the pixels do not need.
};

class BrokenImage : public testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenImage, CutOffAnywhereIsCorrupt) {
  const std::string bytes = read_file(data_file(GetParam().file));
  for (std::size_t size = 0; size + GetParam().tail < bytes.size(); ++size) {
    const std::string message = expect_error(ErrorCode::Corrupt, [&] {
      GetParam().decode(std::string_view(bytes).substr(0, size), "cut", kMostImagePixels);
    });
    EXPECT_NE(message.find("cut"), std::string::npos);
    if (HasFailure()) {
      FAIL() << "at " << size << " of " << bytes.size();
    }
  }
}

TEST_P(BrokenImage, ChangedBytesAreSurvived) {
  const std::string bytes = read_file(data_file(GetParam().file));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char value : {'\0', '\xFF', '\x01', static_cast<char>(~bytes[i])}) {
      std::string changed = bytes;
      changed[i] = value;
      try {
        const DecodedImage image = GetParam().decode(changed, "changed", kMostImagePixels);
        EXPECT_EQ(image.pixels.size(),
                  static_cast<std::size_t>(image.width) * image.height * image.channels);
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::Corrupt || error.code() == ErrorCode::Unsupported)
            << error.what();
      }
    }
  }
}

/// Where the compressed pixels of a PNG end: the payload of its last IDAT chunk.
std::size_t end_of_png_pixels(std::string_view bytes) {
  const std::size_t chunk = bytes.rfind("IDAT");
  std::size_t length = 0;
  for (std::size_t i = chunk - 4; i < chunk; ++i) {
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return chunk + 4 + length;
}

/// As Pillow, so the web UI, and browsers do.
TEST(BrokenPng, WithoutItsEndIsReadWithANote) {
  constexpr std::size_t kChecksum = 6;  // deflate's last bits and zlib's checksum hold no pixels
  for (const char* name : {"rgba.png", "interlaced.png", "texts.png"}) {
    const std::string bytes = read_file(data_file(name));
    const DecodedImage whole = decode_png(bytes, name);
    EXPECT_EQ(whole.note, "");
    const std::size_t pixels_end = end_of_png_pixels(bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string_view cut = std::string_view(bytes).substr(0, size);
      try {
        const DecodedImage image = decode_png(cut, "cut");
        EXPECT_GE(size, pixels_end - kChecksum) << name;
        EXPECT_EQ(image.pixels, whole.pixels);
        EXPECT_NE(image.note.find("cut off"), std::string::npos) << image.note;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Corrupt);
        EXPECT_LT(size, pixels_end + 4) << name;  // The chunk's own checksum may be wanted.
      }
      expect_error(ErrorCode::Corrupt, [&] { decode_png_texts(cut, "cut"); });
    }
  }
}

TEST(BrokenPng, TextsBeforeTheBreakAreKept) {
  const ImageText text{"parameters", "a cat"};
  std::string bytes = encode_png(make_image(9, 9, pattern_pixel), {&text, 1});
  bytes.resize(bytes.size() - 12);
  const TemporaryFolder folder;
  write_file_atomic(folder / "cut.png", bytes);
  const LoadedImage loaded = read_image(folder / "cut.png");
  EXPECT_EQ(loaded.texts, std::vector<ImageText>{text});
  EXPECT_NE(loaded.note, "");
  expect_error(ErrorCode::Corrupt, [&] { read_png_text(folder / "cut.png"); });
}

INSTANTIATE_TEST_SUITE_P(Formats,
                         BrokenImage,
                         testing::Values(BrokenCase{"rgba.png", decode_png, 22},
                                         BrokenCase{"interlaced.png", decode_png, 22},
                                         BrokenCase{"plain.jpg", decode_jpeg, 2},
                                         BrokenCase{"progressive.jpg", decode_jpeg, 2},
                                         BrokenCase{"cmyk.jpg", decode_jpeg, 2},
                                         BrokenCase{"lossy.webp", decode_webp, 0},
                                         BrokenCase{"alpha.webp", decode_webp, 0}),
                         [](const auto& info) {
                           std::string name = info.param.file;
                           name[name.find('.')] = '_';
                           return name;
                         });

TEST(BrokenImageSize, SizesAreCheckedBeforeMemoryIsTaken) {
  expect_error(ErrorCode::Corrupt, [] { check_image_size(0, 5, "a"); });
  expect_error(ErrorCode::Unsupported, [] { check_image_size(65536, 1, "a"); });
  expect_error(ErrorCode::Unsupported, [] { check_image_size(1, 65536, "a"); });
  expect_error(ErrorCode::Unsupported, [] { check_image_size(16385, 16384, "a"); });
  check_image_size(16384, 16384, "a");
  check_image_size(65535, 4096, "a");
}

TEST(BrokenImage, MorePixelsThanAllowedAreRefused) {
  const std::string bytes = read_file(data_file("plain.jpg"));
  const DecodedImage image = decode_jpeg(bytes, "a");
  const auto pixels = static_cast<std::uint64_t>(image.width) * image.height;
  EXPECT_EQ(decode_image(bytes, "a", pixels).image.width, image.width);
  expect_error(ErrorCode::Unsupported, [&] { decode_image(bytes, "a", pixels - 1); });
}

TEST(BrokenImageSize, SmallFileThatClaimsManyPixels) {
  // A JPEG header patched to 16384x16384 with data for 24x16.
  std::string jpeg = read_file(data_file("plain.jpg"));
  const std::size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, std::string("\x40\x00\x40\x00", 4));
  const std::string message =
      expect_error(ErrorCode::Corrupt, [&] { decode_jpeg(jpeg, "bomb.jpg"); });
  EXPECT_NE(message.find("too short"), std::string::npos) << message;
}

// 16 bytes that libwebp takes for a lossless picture of 189 million pixels.
TEST(BrokenWebp, BitstreamWithoutContainerIsCorrupt) {
  const std::string bytes("\x2f\x56\x37\x0a\x0d\x00\x41\x4e\x9f\x4d\x06\x9f\x4d\x06\x50\x0a", 16);
  expect_error(ErrorCode::Corrupt, [&] { decode_webp(bytes, "bare"); });
}

// A header for 190 million pixels and no picture behind it.
TEST(BrokenWebp, CanvasWithoutPictureIsCorrupt) {
  std::string bytes("RIFF\x26\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x49\x46\0\xc4\x29\0", 30);
  expect_error(ErrorCode::Corrupt, [&] { decode_webp(bytes, "bare"); });
}

}  // namespace
}  // namespace ptravel
