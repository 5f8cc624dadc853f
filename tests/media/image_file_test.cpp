#include "media/image_file.h"

#include "base/files.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

constexpr int kJpegTolerance = 8;

Image pattern() { return make_image(7, 5, pattern_pixel); }
Image smooth() { return make_image(24, 16, smooth_pixel); }

Image load(const std::string& name) { return read_image(data_file(name)).image; }

std::uint8_t over_white(int value, int alpha) {
  return low_byte(static_cast<int>(std::lround((255.0 * (255 - alpha) + value * alpha) / 255.0)));
}

Image pattern_over_white() {
  return make_image(7, 5, [](int x, int y) {
    Pixel pixel = pattern_pixel(x, y);
    for (std::uint8_t& value : pixel) {
      value = over_white(value, pattern_alpha(x, y));
    }
    return pixel;
  });
}

TEST(EncodeJpeg, ReadsBackNearlyTheSame) {
  const Image decoded = decode_image(encode_jpeg(smooth(), 95), "a").image;
  ASSERT_EQ(decoded.width, smooth().width);
  ASSERT_EQ(decoded.height, smooth().height);
  for (std::size_t i = 0; i < decoded.pixels.size(); ++i) {
    EXPECT_NEAR(decoded.pixels[i], smooth().pixels[i], 2 * kJpegTolerance) << i;
  }
  EXPECT_THROW(encode_jpeg(Image(), 90), Error);
  EXPECT_LT(encode_jpeg(smooth(), 20).size(), encode_jpeg(smooth(), 95).size());
}

TEST(ReadImage, PngOfEveryKind) {
  EXPECT_EQ(load("palette.png"), pattern());
  EXPECT_EQ(load("rgb16.png"), pattern());
  EXPECT_EQ(load("interlaced.png"), pattern());
  EXPECT_EQ(load("texts.png"), pattern());
  EXPECT_EQ(load("rgba.png"), pattern_over_white());
  EXPECT_EQ(load("palette_alpha.png"), pattern_over_white());
  EXPECT_EQ(load("gray.png"), make_image(7, 5, [](int x, int y) -> Pixel {
              const std::uint8_t gray = pattern_gray(x, y);
              return {gray, gray, gray};
            }));
  EXPECT_EQ(load("gray_alpha.png"), make_image(7, 5, [](int x, int y) -> Pixel {
              const std::uint8_t gray = over_white(pattern_gray(x, y), pattern_alpha(x, y));
              return {gray, gray, gray};
            }));
  EXPECT_EQ(load("one_bit.png"), make_image(7, 5, [](int x, int y) -> Pixel {
              const std::uint8_t value = low_byte((x + y) % 2 * 255);
              return {value, value, value};
            }));
}

TEST(ReadImage, Jpeg) {
  EXPECT_LE(largest_difference(load("plain.jpg"), smooth()), kJpegTolerance);
  EXPECT_LE(largest_difference(load("progressive.jpg"), smooth()), kJpegTolerance);
  EXPECT_LE(largest_difference(load("cmyk.jpg"), smooth()), kJpegTolerance);
  const Image gray = make_image(24, 16, [](int x, int y) -> Pixel {
    const Pixel p = smooth_pixel(x, y);
    const auto luma = low_byte((p[0] * 299 + p[1] * 587 + p[2] * 114 + 500) / 1000);
    return {luma, luma, luma};
  });
  EXPECT_LE(largest_difference(load("gray.jpg"), gray), kJpegTolerance);
}

TEST(ReadImage, ExifTurnsThePictureAndCarriesTheText) {
  const LoadedImage turned = read_image(data_file("turned.jpg"));
  const Image upright = make_image(16, 24, [](int x, int y) { return smooth_pixel(y, 15 - x); });
  EXPECT_LE(largest_difference(turned.image, upright), kJpegTolerance);
  const std::string text = find_text(turned.texts, "parameters").value_or("");
  EXPECT_TRUE(text.starts_with("a cat, größe 漢字\nSteps: 20")) << text;
  EXPECT_EQ(find_text(read_image(data_file("little_endian.jpg")).texts, "parameters"), text);
  EXPECT_EQ(find_text(read_image(data_file("lossless.webp")).texts, "parameters"), text);
}

TEST(ReadImage, Webp) {
  EXPECT_EQ(load("lossless.webp"), pattern());
  EXPECT_EQ(load("alpha.webp"), pattern_over_white());
  EXPECT_LE(mean_difference(load("lossy.webp"), smooth()), 6);
  expect_error(ErrorCode::Unsupported, [] { load("animated.webp"); });
}

TEST(ReadImage, GoesByContentNotByName) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(data_file("lossless.webp"), folder / "picture.png");
  EXPECT_EQ(read_image(folder / "picture.png").image, pattern());
}

TEST(ReadImage, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::NotFound, [&] { read_image(folder / "absent.png"); });
  expect_error(ErrorCode::Io, [&] { read_image(folder.path()); });
  write_file_atomic(folder / "empty.png", "");
  expect_error(ErrorCode::Corrupt, [&] { read_image(folder / "empty.png"); });
  write_file_atomic(folder / "text.png", "GIF89a and so on");
  const std::string message =
      expect_error(ErrorCode::Unsupported, [&] { read_image(folder / "text.png"); });
  EXPECT_NE(message.find("text.png"), std::string::npos);
}

TEST(WritePng, ReadsBackTheSame) {
  const TemporaryFolder folder;
  for (const auto& [width, height] : {std::pair(1, 1), {7, 5}, {64, 64}, {3, 257}}) {
    const Image image = make_image(width, height, pattern_pixel);
    write_png(folder / "a.png", image);
    EXPECT_EQ(read_image(folder / "a.png").image, image);
  }
  EXPECT_EQ(folder.names(), std::set<std::string>{"a.png"});
}

TEST(WritePng, BytesDependOnTheInputAlone) {
  const ImageText text{"parameters", "a cat"};
  EXPECT_EQ(encode_png(pattern(), {&text, 1}), encode_png(pattern(), {&text, 1}));
  EXPECT_EQ(encode_png(pattern()).find("tIME"), std::string::npos);
}

TEST(WritePng, FailuresLeaveTheOldFile) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "a.png";
  write_png(path, pattern());
  const Image noisy = make_image(64, 64, [](int x, int y) -> Pixel {
    return {low_byte(x * x * y * 77), low_byte(x * y * y * 91), low_byte((x ^ y) * 131 * x)};
  });
  {
    const FileSizeLimit full(512);
    expect_error(ErrorCode::Io, [&] { write_png(path, noisy); });
  }
  EXPECT_EQ(read_image(path).image, pattern());
  EXPECT_EQ(folder.names(), std::set<std::string>{"a.png"});
  expect_error(ErrorCode::NotFound, [&] { write_png(folder / "no/a.png", pattern()); });
  expect_error(ErrorCode::Io, [&] { write_png(path / "b.png", pattern()); });
  expect_error(ErrorCode::InvalidArgument, [&] { write_png(path, Image()); });
}

}  // namespace
}  // namespace ptravel
