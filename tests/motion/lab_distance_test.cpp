#include "motion/lab_distance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

Image plain(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    image.pixels[i] = r;
    image.pixels[i + 1] = g;
    image.pixels[i + 2] = b;
  }
  return image;
}

TEST(Lab, KnownColours) {
  // CIE L*a*b* of sRGB's corners under D65, as tables have them.
  EXPECT_THAT(to_lab(plain(1, 1, 255, 255, 255)).values,
              testing::Pointwise(testing::DoubleNear(0.02), std::vector<double>{100, 0, 0}));
  EXPECT_THAT(
      to_lab(plain(1, 1, 255, 0, 0)).values,
      testing::Pointwise(testing::DoubleNear(0.05), std::vector<double>{53.24, 80.09, 67.20}));
  EXPECT_THAT(
      to_lab(plain(1, 1, 0, 0, 255)).values,
      testing::Pointwise(testing::DoubleNear(0.05), std::vector<double>{32.30, 79.19, -107.86}));
}

TEST(Lab, PicturesAreAveragedToAboutSixtyFourPixels) {
  const LabPicture lab = to_lab(plain(129, 257, 10, 20, 30));
  EXPECT_EQ(lab.width, 64);
  EXPECT_EQ(lab.height, 128);
  EXPECT_EQ(to_lab(plain(40, 30, 0, 0, 0)).width, 40);
}

TEST(LabDistance, OfPlainPicturesIsThatOfTheirColours) {
  const LabPicture black = to_lab(plain(128, 128, 0, 0, 0));
  const LabPicture white = to_lab(plain(128, 128, 255, 255, 255));
  EXPECT_EQ(lab_distance(white, white), 0);
  EXPECT_NEAR(lab_distance(black, white), 100, 0.01);
  EXPECT_EQ(lab_distance(black, white), lab_distance(white, black));
}

TEST(LabDistance, IsTheMeanOverPixels) {
  Image half = plain(2, 1, 0, 0, 0);
  half.pixels[3] = half.pixels[4] = half.pixels[5] = 255;
  EXPECT_NEAR(lab_distance(to_lab(plain(2, 1, 0, 0, 0)), to_lab(half)), 50, 0.01);
}

TEST(LabDistance, RefusesPicturesOfDifferentSizes) {
  EXPECT_THROW(lab_distance(to_lab(plain(2, 1, 0, 0, 0)), to_lab(plain(1, 2, 0, 0, 0))), Error);
}

}  // namespace
}  // namespace ptravel
