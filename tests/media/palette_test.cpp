#include "media/palette.h"

#include <algorithm>

#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

std::vector<Colour> palette_of(const Image& image) {
  ColourHistogram histogram;
  histogram.add(image);
  return histogram.choose_palette();
}

Image reduced(const Image& image) {
  const std::vector<Colour> palette = palette_of(image);
  PaletteMapper mapper(palette);
  std::vector<std::uint8_t> indices(image.pixels.size() / 3);
  mapper.map(image, indices.data(), static_cast<std::size_t>(image.width));
  return make_image(image.width, image.height, [&](int x, int y) -> Pixel {
    return palette[indices[static_cast<std::size_t>(y * image.width + x)]];
  });
}

TEST(Palette, FewColoursStayExact) {
  const Image image = make_image(40, 30, [](int x, int y) -> Pixel {
    return {low_byte(x / 4 * 25), low_byte(y / 6 * 50), low_byte((x / 20) * 255)};
  });
  EXPECT_EQ(reduced(image), image);
}

TEST(Palette, OneColour) {
  const Image image = make_image(3, 3, [](int, int) -> Pixel { return {1, 2, 3}; });
  EXPECT_EQ(palette_of(image), (std::vector<Colour>{{1, 2, 3}}));
  EXPECT_TRUE(ColourHistogram().choose_palette().empty());
}

TEST(Palette, ManyColoursBecome256AndKeepTheirMean) {
  const Image image = make_image(128, 128, [](int x, int y) -> Pixel {
    return {low_byte(x * 2), low_byte(y * 2), low_byte(x + y)};
  });
  EXPECT_EQ(palette_of(image).size(), 256u);
  const Image result = reduced(image);
  EXPECT_LT(mean_difference(result, image), 8);
  // Error diffusion keeps the mean of a region.
  for (const int left : {0, 32, 64, 96}) {
    double wanted = 0;
    double found = 0;
    for (int y = 32; y < 64; ++y) {
      for (int i = left * 3; i < (left + 32) * 3; ++i) {
        wanted += image.row(y)[i];
        found += result.row(y)[i];
      }
    }
    EXPECT_NEAR(found, wanted, 32 * 32 * 3 * 1.0);
  }
}

TEST(Palette, EveryPictureCounts) {
  ColourHistogram histogram;
  for (int i = 0; i < 5; ++i) {
    histogram.add(make_image(4, 4, [i](int, int) -> Pixel { return {low_byte(i * 60), 0, 7}; }));
  }
  const std::vector<Colour> palette = histogram.choose_palette();
  EXPECT_EQ(palette.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(std::find(palette.begin(), palette.end(), Colour{low_byte(i * 60), 0, 7}),
              palette.end());
  }
}

}  // namespace
}  // namespace ptravel
