#include "media/mask.h"

#include <gtest/gtest.h>

#include "media/inpaint.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

GreyImage grey(int width, int height, std::uint8_t value) {
  GreyImage image(width, height);
  std::fill(image.values.begin(), image.values.end(), value);
  return image;
}

Image large_pattern(int width, int height) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 31 % 253);
  }
  return image;
}

TEST(Mask, BlurKeepsWhatIsEvenAndSpreadsAPointEvenly) {
  for (const double sigma : {0.3, 1.0, 4.0, 64.0}) {
    EXPECT_EQ(blurred_mask(grey(9, 1, 200), sigma, sigma), grey(9, 1, 200)) << sigma;
  }
  GreyImage point(11, 11);
  point.row(5)[5] = 255;
  const GreyImage blurred = blurred_mask(point, 1.5, 1.5);
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(blurred.row(5)[i], blurred.row(5)[10 - i]);
    EXPECT_EQ(blurred.row(5)[i], blurred.row(i)[5]);
  }
  EXPECT_GT(blurred.row(5)[5], blurred.row(5)[6]);
  const GreyImage along_x = blurred_mask(point, 1.5, 0);
  EXPECT_EQ(along_x.row(4)[5], 0);
  EXPECT_GT(along_x.row(5)[4], 0);
}

TEST(Mask, BoxesHoldWhatIsNotBlack) {
  EXPECT_FALSE(masked_box(GreyImage(4, 4), 3));
  GreyImage mask(20, 10);
  mask.row(2)[3] = 1;
  mask.row(6)[9] = 255;
  EXPECT_EQ(masked_box(mask, 0), (PixelBox{3, 2, 10, 7}));
  EXPECT_EQ(masked_box(mask, 4), (PixelBox{0, 0, 14, 10}));
  // Wider than it may be: it grows up and down, as far as there is room.
  EXPECT_EQ(with_proportions({0, 4, 10, 6}, 64, 64, 20, 10), (PixelBox{0, 0, 10, 10}));
  EXPECT_EQ(with_proportions({4, 0, 6, 10}, 128, 64, 20, 10), (PixelBox{0, 0, 20, 10}));
}

TEST(Mask, MixesGoFromOneToTheOther) {
  const GreyImage a = grey(3, 2, 10), b = grey(3, 2, 110);
  EXPECT_EQ(mixed(a, b, 0), a);
  EXPECT_EQ(mixed(a, b, 1), b);
  EXPECT_EQ(mixed(a, b, 0.25), grey(3, 2, 35));
  EXPECT_EQ(inverted(grey(1, 1, 55)), grey(1, 1, 200));
}

TEST(Mask, AnOverlayKeepsWhatIsNotMasked) {
  const Image picture = large_pattern(12, 8);
  GreyImage mask(12, 8);
  for (int y = 0; y < 8; ++y) {
    std::fill(mask.row(y), mask.row(y) + 6, std::uint8_t{255});
  }
  const Image drawn = large_pattern(12, 8).pixels == picture.pixels ? Image(12, 8) : picture;
  const Image result = with_overlay(drawn, make_overlay(picture, mask, std::nullopt));
  EXPECT_EQ(cropped(result, {0, 0, 6, 8}), cropped(drawn, {0, 0, 6, 8}));
  EXPECT_EQ(cropped(result, {6, 0, 12, 8}), cropped(picture, {6, 0, 12, 8}));
  // A part that was drawn larger comes back to its place.
  const PixelBox box{2, 2, 6, 6};
  GreyImage inner(12, 8);
  for (int y = 2; y < 6; ++y) {
    std::fill(inner.row(y) + 2, inner.row(y) + 6, std::uint8_t{255});
  }
  const Image part = with_overlay(Image(64, 64), make_overlay(picture, inner, box));
  EXPECT_EQ(cropped(part, box), Image(4, 4));
  EXPECT_EQ(cropped(part, {0, 0, 12, 2}), cropped(picture, {0, 0, 12, 2}));
}

TEST(Mask, FillLeavesWhatIsNotMasked) {
  const Image picture = large_pattern(20, 10);
  GreyImage mask(20, 10);
  for (int y = 0; y < 10; ++y) {
    std::fill(mask.row(y) + 5, mask.row(y) + 15, std::uint8_t{255});
  }
  const Image result = filled(picture, mask);
  EXPECT_EQ(cropped(result, {0, 0, 5, 10}), cropped(picture, {0, 0, 5, 10}));
  EXPECT_NE(cropped(result, {5, 0, 15, 10}), cropped(picture, {5, 0, 15, 10}));
  EXPECT_NE(cropped(result, {5, 0, 15, 10}), Image(10, 10));
  EXPECT_EQ(filled(picture, GreyImage(20, 10)), picture);
}

}  // namespace
}  // namespace ptravel
