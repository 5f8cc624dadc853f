#include "media/plot_canvas.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/media/plot_testing.h"

namespace ptravel {
namespace {

Image text_image(const std::string& text) {
  Image image = white(120, 20);
  PlotCanvas(image).text(2, 14, text, {0, 0, 0});
  return image;
}

TEST(PlotCanvas, EachCharacterLooksDifferent) {
  std::set<std::string> pictures;
  for (int character = 32; character < 127; ++character) {
    const Image image = text_image(std::string(1, static_cast<char>(character)));
    pictures.emplace(image.pixels.begin(), image.pixels.end());
  }
  EXPECT_GE(pictures.size(), 94U) << "two accents are one stroke";
}

TEST(PlotCanvas, TextFillsItsPlaceAndNoMore) {
  EXPECT_LE(text_width(""), 1);
  const Box box = inked(text_image("Hagp"));
  EXPECT_GE(box.left, 1);
  EXPECT_LE(box.right, 2 + text_width("Hagp"));
  EXPECT_GE(box.right, text_width("Hagp") - 3);
  EXPECT_EQ(box.top, 14 - cap_height(TextSize::Small));
  EXPECT_LE(box.bottom, 14 + kDescent);
  Image large = white(120, 24);
  PlotCanvas(large).text(2, 18, "H", {0, 0, 0}, TextSize::Large);
  EXPECT_EQ(inked(large).top, 18 - cap_height(TextSize::Large));
}

TEST(PlotCanvas, TextUpwardsIsTheSameTurned) {
  const Image flat = text_image("Hagp");
  Image upright = white(20, 120);
  PlotCanvas(upright).text_upwards(14, 118, "Hagp", {0, 0, 0});
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 120; ++x) {
      ASSERT_EQ(pixel_at(upright, y, 119 - x), pixel_at(flat, x, y)) << x << " " << y;
    }
  }
}

TEST(PlotCanvas, OutsideThePictureNothingIsDrawn) {
  Image image(10, 10);
  PlotCanvas canvas(image);
  const std::string text = "MMMMMMMM";
  for (const auto& [left, base] : {std::pair{-500, 5}, {0, -18}, {12, 5}, {0, 40}}) {
    canvas.text(left, base, text, kWhite);
    canvas.text_upwards(base - 600, left, text, kWhite);
  }
  canvas.fill({-5, -5, 0, 20}, kWhite);
  canvas.fill({8, 8, 3, 3}, kWhite);
  canvas.line({20, 20, 40, 40}, {{0, 0}, {50, 50}}, kWhite);
  canvas.ring({-9, -9, 0, 0}, {5, 5}, kWhite);
  EXPECT_EQ(image, Image(10, 10));
  canvas.text(-5, 5, text, kWhite);
  EXPECT_NE(image, Image(10, 10));
}

}  // namespace
}  // namespace ptravel
