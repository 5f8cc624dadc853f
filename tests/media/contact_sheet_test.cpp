#include "media/contact_sheet.h"

#include <gtest/gtest.h>

#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using media_testing::expect_error;
using media_testing::make_image;
using media_testing::Pixel;

constexpr Pixel kWhite{255, 255, 255};

/// A frame's own colour, never white.
Pixel colour_of(std::int64_t index) {
  return {static_cast<std::uint8_t>(index * 3), static_cast<std::uint8_t>(200 - index), 40};
}

Image plain_frame(int width, int height, std::int64_t index) {
  return make_image(width, height, [&](int, int) { return colour_of(index); });
}

Pixel pixel_at(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

Image sheet_of(std::int64_t count, int width, int height) {
  return make_contact_sheet(count, [&](std::int64_t i) { return plain_frame(width, height, i); });
}

TEST(ContactSheet, FramesStandRowByRowWithGapsBetween) {
  const Image sheet = sheet_of(5, 20, 10);
  // Two columns and three rows are the first grid that is not higher than wide.
  ASSERT_EQ(sheet.width, 2 * 24 + 4);
  ASSERT_EQ(sheet.height, 3 * 14 + 4);
  for (int index = 0; index < 5; ++index) {
    const int left = 4 + index % 2 * 24;
    const int top = 4 + index / 2 * 14;
    EXPECT_EQ(pixel_at(sheet, left, top), colour_of(index)) << index;
    EXPECT_EQ(pixel_at(sheet, left + 19, top + 9), colour_of(index)) << index;
    EXPECT_EQ(pixel_at(sheet, left - 1, top), kWhite) << index;
    EXPECT_EQ(pixel_at(sheet, left, top + 10), kWhite) << index;
  }
  EXPECT_EQ(pixel_at(sheet, 30, 38), kWhite) << "the sixth cell is empty";
}

TEST(ContactSheet, IsAsWideAsHighOrWider) {
  for (const auto& [count, columns, rows] :
       {std::tuple{2, 2, 1}, {3, 2, 2}, {4, 2, 2}, {5, 3, 2}, {14, 4, 4}, {64, 8, 8}}) {
    const Image sheet = sheet_of(count, 16, 16);
    EXPECT_EQ(sheet.width, columns * 20 + 4) << count;
    EXPECT_EQ(sheet.height, rows * 20 + 4) << count;
  }
  const Image portraits = sheet_of(6, 10, 30);
  EXPECT_EQ(portraits.width, 5 * 14 + 4);
  EXPECT_EQ(portraits.height, 2 * 34 + 4);
}

TEST(ContactSheet, OneFrame) {
  const Image sheet = sheet_of(1, 9, 7);
  EXPECT_EQ(sheet.width, 17);
  EXPECT_EQ(sheet.height, 15);
  EXPECT_EQ(pixel_at(sheet, 4, 4), colour_of(0));
  EXPECT_EQ(pixel_at(sheet, 12, 10), colour_of(0));
  EXPECT_EQ(pixel_at(sheet, 13, 11), kWhite);
}

TEST(ContactSheet, LargeFramesAreShrunk) {
  const Image sheet = sheet_of(9, 1200, 800);
  EXPECT_LE(sheet.width, 2048);
  EXPECT_GT(sheet.width, 2000);
  EXPECT_LE(sheet.height, 2048);
  const int cell_width = (sheet.width - 4) / 3 - 4;
  const int cell_height = (sheet.height - 4) / 3 - 4;
  EXPECT_NEAR(cell_width / 1.5, cell_height, 1);
  EXPECT_EQ(pixel_at(sheet, 4 + cell_width + 4 + cell_width / 2, 10), colour_of(1));
  for (const auto& [width, height] : {std::pair{8, 8192}, {8192, 8}}) {
    const Image extreme = sheet_of(64, width, height);
    EXPECT_LE(extreme.width, 2048);
    EXPECT_LE(extreme.height, 2048);
  }
}

TEST(ContactSheet, OtherSizesStandInTheMiddleOfTheirCell) {
  const Image sheet = make_contact_sheet(4, [](std::int64_t i) {
    const std::pair<int, int> sizes[] = {{20, 20}, {40, 20}, {10, 10}, {20, 80}};
    return plain_frame(sizes[i].first, sizes[i].second, i);
  });
  ASSERT_EQ(sheet.width, 52);
  ASSERT_EQ(sheet.height, 52);
  // Twice as wide: 20x10 in the middle of the second cell.
  EXPECT_EQ(pixel_at(sheet, 28, 8), kWhite);
  EXPECT_EQ(pixel_at(sheet, 28, 9), colour_of(1));
  EXPECT_EQ(pixel_at(sheet, 47, 18), colour_of(1));
  EXPECT_EQ(pixel_at(sheet, 47, 19), kWhite);
  // Smaller: as it is.
  EXPECT_EQ(pixel_at(sheet, 8, 33), kWhite);
  EXPECT_EQ(pixel_at(sheet, 9, 33), colour_of(2));
  EXPECT_EQ(pixel_at(sheet, 19, 42), kWhite);
  // Four times as high: 5x20.
  EXPECT_EQ(pixel_at(sheet, 34, 28), kWhite);
  EXPECT_EQ(pixel_at(sheet, 35, 28), colour_of(3));
  EXPECT_EQ(pixel_at(sheet, 39, 47), colour_of(3));
  EXPECT_EQ(pixel_at(sheet, 40, 47), kWhite);
}

TEST(ContactSheet, AsksForEachFrameOnceInOrder) {
  std::vector<std::int64_t> asked;
  make_contact_sheet(7, [&](std::int64_t index) {
    asked.push_back(index);
    return plain_frame(8, 8, index);
  });
  EXPECT_EQ(asked, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(ContactSheet, NoFramesTooManyAndEmptyOnesAreRefused) {
  for (const std::int64_t count : {0, -1, 257}) {
    expect_error(ErrorCode::InvalidArgument, [&] { sheet_of(count, 8, 8); });
  }
  expect_error(ErrorCode::InvalidArgument,
               [] { make_contact_sheet(1, [](std::int64_t) { return Image(); }); });
}

}  // namespace
}  // namespace ptravel
