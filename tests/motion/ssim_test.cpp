#include "motion/ssim.h"

#include <gtest/gtest.h>

#include "motion/gradient_distance.h"
#include "ptravel/error.h"
#include "tests/motion/pictures.h"

namespace ptravel {
namespace {

TEST(Ssim, OfEqualPicturesIsOne) {
  const Image picture = stripes(180, 176, 2);
  EXPECT_NEAR(ssim(picture, picture, SsimBorder::Kept), 1, 1e-12);
  EXPECT_NEAR(ssim(picture, picture, SsimBorder::Cropped), 1, 1e-12);
  EXPECT_NEAR(ms_ssim(picture, picture), 1, 1e-12);
}

TEST(Ssim, OfPlainPicturesIsTheLuminanceTerm) {
  // (2 * 1 * 0 + c1) / (1 + 0 + c1): black against white.
  const double expected = 1e-4 / (1 + 1e-4);
  EXPECT_NEAR(ssim(grey(20, 12, 0), grey(20, 12, 255), SsimBorder::Kept), expected, 1e-9);
  EXPECT_NEAR(ssim(grey(20, 12, 0), grey(20, 12, 255), SsimBorder::Cropped), expected, 1e-9);
}

TEST(Ssim, SizesThatCannotBeMeasuredAreRefused) {
  EXPECT_THROW(ssim(grey(5, 20, 0), grey(5, 20, 0), SsimBorder::Kept), Error);
  EXPECT_THROW(ssim(grey(10, 20, 0), grey(10, 20, 0), SsimBorder::Cropped), Error);
  EXPECT_THROW(ssim(grey(20, 20, 0), grey(20, 21, 0), SsimBorder::Kept), Error);
  EXPECT_THROW(ms_ssim(grey(175, 200, 0), grey(175, 200, 0)), Error);
}

TEST(GradientDistance, SeesStructureAndNotBrightness) {
  EXPECT_NEAR(gradient_distance(grey(32, 32, 10), grey(32, 32, 200)), 0, 1e-12);
  // A white right half: one step of 1 in each row of 32 / f - 1 differences, on each scale f.
  Image half = grey(32, 32, 0);
  for (int y = 0; y < 32; ++y) {
    std::fill_n(half.row(y) + 48, 48, std::uint8_t{255});
  }
  EXPECT_NEAR(gradient_distance(half, grey(32, 32, 0)), (1.0 / 15 + 1.0 / 7 + 1.0 / 3) / 3, 1e-12);
  EXPECT_THROW(gradient_distance(half, grey(16, 32, 0)), Error);
}

}  // namespace
}  // namespace ptravel
