#include "media/resize.h"

#include <cstddef>
#include <span>

#include "base/sha256.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

/// A busy picture; Pillow resized the same one for the expected digests (version 9.4).
Image busy_image(int width, int height) {
  return make_image(width, height, [](int x, int y) -> Pixel {
    return {low_byte(x * x * 7 + y * 31), low_byte(x * y * 5 + x * 3),
            low_byte((x ^ y) * 11 + y * y)};
  });
}

std::string digest(const Image& image) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(image.pixels)));
  return sha.finish();
}

struct ResizeCase {
  ResizeFilter filter;
  int width;
  int height;
  std::optional<ResizeBox> box;
  const char* sha256;
};

constexpr ResizeCase kResizeCases[] = {
    {ResizeFilter::Bilinear, 64, 48, std::nullopt,
     "bd922b6b1f91d06f620a11b59c7673fec259a9379189890c585c7e4e4596b04d"},
    {ResizeFilter::Bilinear, 16, 11, std::nullopt,
     "e577bae29e5d3784f949dc28b2a61361d9ec5fe71887e04007cac639d190e6cf"},
    {ResizeFilter::Bilinear, 37, 50, std::nullopt,
     "e2c337b5cca683bcef6349dab0ee92554f3eb49e847bca70cb6f8b9aa4673071"},
    {ResizeFilter::Bilinear, 5, 29, std::nullopt,
     "dbf1d8d0b9b55fca1fda4a5f3d2435d323ce9326df1a065453b899fb9b978e5d"},
    {ResizeFilter::Bicubic, 64, 48, std::nullopt,
     "7ad4eea5d49a8178e397df7a7bf4df25e3408254c84e758610a83c1a3d52a709"},
    {ResizeFilter::Bicubic, 16, 11, std::nullopt,
     "5528e58fd59a2d308736ab9f2419ed78c712b8539484491edd9d35495ff2b3fc"},
    {ResizeFilter::Bicubic, 37, 50, std::nullopt,
     "136330ead09669a2bdcee6024767cb635db303433abfd08084daec285ddb1e95"},
    {ResizeFilter::Bicubic, 5, 29, std::nullopt,
     "b63148e29213ece03858ef12aec2ac4ee14c5187d6acbf94deaf8e0b646fb1a6"},
    {ResizeFilter::Lanczos3, 64, 48, std::nullopt,
     "ee3c60921abe54400aa5c4792989fab4f31f7ff1087b12fff14d6e275649eebd"},
    {ResizeFilter::Lanczos3, 16, 11, std::nullopt,
     "a21bb3b1f6f27327bfba9b04fd1e0c04c327066d6dafbdfc9f18144f312194fc"},
    {ResizeFilter::Lanczos3, 37, 50, std::nullopt,
     "5024c45caed0a04098d48a1c9870e9abe03388e4128987d549675516418a0827"},
    {ResizeFilter::Lanczos3, 5, 29, std::nullopt,
     "5a2eeb0f0392453215c7d293de587996a469130ff00c6f38002799aff6221b2c"},
    {ResizeFilter::Lanczos3, 20, 20, ResizeBox{3.25f, 1.5f, 30.75f, 20},
     "f00694ac58cbd79ab949e1554fb50e5a2a2fb6faefd7e35c41cb0d7851172c51"},
    {ResizeFilter::Bicubic, 40, 8, ResizeBox{0, 0, 37, 0},
     "1e6b2493b8793936e04f2a66b44e352294238a61e5a9671d235225bb1ae50b78"},
    {ResizeFilter::Bicubic, 9, 29, ResizeBox{37, 0, 37, 29},
     "3432e89d14f8db0ac05e376d0559229df12c8d4b602176e77c8cf28f049ef917"},
    {ResizeFilter::Bilinear, 10, 10, ResizeBox{5, 6, 15, 16},
     "ea8f69dfe2c2cbf15817d9d7cfd1f43fc89736223d817aa9f4ffe87baa14a368"},
};

struct ModeCase {
  ResizeMode mode;
  int width;
  int height;
  const char* sha256;
};

constexpr ModeCase kModeCases[] = {
    {ResizeMode::JustResize, 64, 64,
     "3cd5a498cef910fc9c57e4b3788ca613373b89e8813ea627f387d05eccd25a11"},
    {ResizeMode::JustResize, 64, 24,
     "dd3778269180f9b56302e228373bb498ffa046055b721bd051a2053f3372b184"},
    {ResizeMode::JustResize, 24, 64,
     "2b1a46e1f4d151372214fc06e91881c790add4cb6482dd0f0df5440d2e8f458f"},
    {ResizeMode::JustResize, 33, 65,
     "3f31c5dee3b395c890df7efd123b08aab0a49c53f86fdd5156aa837213b03df7"},
    {ResizeMode::CropAndResize, 64, 64,
     "39fa1678bc3ecdceae31f93b36429e533d1c1f2779f0b137fbe415029a0d5956"},
    {ResizeMode::CropAndResize, 64, 24,
     "091592e0cd72cda71406a9738e23a8608758fab7327107468afa64ce97833d83"},
    {ResizeMode::CropAndResize, 24, 64,
     "7d0c7c2855976a7c48dc45f439943203f38b2d533304934cfa4c67af549ec1f4"},
    {ResizeMode::CropAndResize, 33, 65,
     "8057e7db9a0315fb69d3b7d76f6344c2dd69a58b09a18f3ccff1ff20f4e97e83"},
    {ResizeMode::ResizeAndFill, 64, 64,
     "9c88bc87d75371109b809294f2bd4c4f18b04b82af69b239dc5768c556a606fc"},
    {ResizeMode::ResizeAndFill, 64, 24,
     "2e9f44f718020defb813df8e9d092bbb107b0d5cd8b11c8d1e00d62a64c9153d"},
    {ResizeMode::ResizeAndFill, 24, 64,
     "0c296d0a698dc0669e58b2e6c62b0868d373ed3d64f9bace2b8264782ab5e5c2"},
    {ResizeMode::ResizeAndFill, 33, 65,
     "83c9d7766a5b3cf2a2f310ca95e50f5923bc01f6ccfcd2c6ca5bc119027f0da6"},
};

TEST(Resize, EqualsPillowToTheLastBit) {
  const Image source = busy_image(37, 29);
  for (const ResizeCase& c : kResizeCases) {
    const Image resized = resize(source, c.width, c.height, c.filter, c.box);
    EXPECT_EQ(digest(resized), c.sha256) << static_cast<int>(c.filter) << " to " << c.width << "x"
                                         << c.height << (c.box ? " of a box" : "");
  }
}

TEST(Resize, ModesEqualTheWebUi) {
  const Image source = busy_image(37, 29);
  for (const ModeCase& c : kModeCases) {
    EXPECT_EQ(digest(resize_for_img2img(source, c.width, c.height, c.mode)), c.sha256)
        << static_cast<int>(c.mode) << " to " << c.width << "x" << c.height;
  }
}

TEST(Resize, SameSizeIsTheSamePicture) {
  const Image source = busy_image(19, 23);
  for (const auto filter :
       {ResizeFilter::Bilinear, ResizeFilter::Bicubic, ResizeFilter::Lanczos3}) {
    EXPECT_EQ(resize(source, 19, 23, filter), source);
  }
  for (const auto mode :
       {ResizeMode::JustResize, ResizeMode::CropAndResize, ResizeMode::ResizeAndFill}) {
    EXPECT_EQ(resize_for_img2img(source, 19, 23, mode), source);
  }
}

TEST(Resize, UnscaledBoxIsACrop) {
  const Image source = busy_image(19, 23);
  const Image crop = resize(source, 7, 5, ResizeFilter::Lanczos3, ResizeBox{3, 4, 10, 9});
  EXPECT_EQ(crop, make_image(7, 5, [&](int x, int y) -> Pixel {
              const std::uint8_t* p = source.row(y + 4) + 3 * (x + 3);
              return {p[0], p[1], p[2]};
            }));
}

TEST(Resize, OneColourStaysOneColour) {
  const auto colour = [](int, int) -> Pixel { return {3, 128, 255}; };
  const Image source = make_image(13, 9, colour);
  for (const auto filter :
       {ResizeFilter::Bilinear, ResizeFilter::Bicubic, ResizeFilter::Lanczos3}) {
    for (const int side : {1, 8, 100}) {
      EXPECT_EQ(resize(source, side, side, filter), make_image(side, side, colour));
    }
  }
  EXPECT_EQ(resize_for_img2img(source, 64, 16, ResizeMode::ResizeAndFill),
            make_image(64, 16, colour));
}

TEST(Resize, FillRepeatsTheEdges) {
  const Image source = make_image(8, 8, [](int, int y) -> Pixel {
    return {low_byte(y < 4 ? 200 : 10), 0, 0};
  });
  const Image filled = resize_for_img2img(source, 8, 32, ResizeMode::ResizeAndFill);
  EXPECT_EQ(filled.row(0)[0], 200);
  EXPECT_EQ(filled.row(11)[0], 200);
  EXPECT_EQ(filled.row(31)[0], 10);
}

TEST(Resize, SurvivesExtremeProportions) {
  const Image thin = busy_image(300, 1);
  EXPECT_EQ(resize_for_img2img(thin, 8, 64, ResizeMode::ResizeAndFill).height, 64);
  EXPECT_EQ(resize(thin, 1, 300, ResizeFilter::Lanczos3).width, 1);
  const Image needle(60000, 1);
  expect_error(ErrorCode::InvalidArgument,
               [&] { resize_for_img2img(needle, 512, 512, ResizeMode::CropAndResize); });
}

TEST(Resize, RefusesBadSizesAndBoxes) {
  const Image source = busy_image(4, 4);
  const auto bad = [&](int width, int height, std::optional<ResizeBox> box = std::nullopt) {
    return expect_error(ErrorCode::InvalidArgument,
                        [&] { resize(source, width, height, ResizeFilter::Bicubic, box); });
  };
  EXPECT_NE(bad(0, 4).find("0x4"), std::string::npos);
  bad(4, -1);
  bad(1 << 20, 1 << 20);
  bad(4, 4, ResizeBox{-1, 0, 4, 4});
  bad(4, 4, ResizeBox{0, 0, 4.5f, 4});
  bad(4, 4, ResizeBox{3, 0, 2, 4});
  bad(4, 4, ResizeBox{0, 0, NAN, 4});
  expect_error(ErrorCode::InvalidArgument, [] { resize(Image(), 4, 4, ResizeFilter::Bicubic); });
}

}  // namespace
}  // namespace ptravel
