#include "postprocess/tiles.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

/// How often each pixel belongs to a core; checks each tile on the way.
std::vector<int> coverage(const TilePlan& plan,
                          std::int64_t height,
                          std::int64_t width,
                          std::int64_t overlap) {
  std::vector<int> times(static_cast<std::size_t>(height * width));
  for (const Tile& tile : plan.tiles) {
    EXPECT_GE(tile.top, 0);
    EXPECT_GE(tile.left, 0);
    EXPECT_LE(tile.top + plan.window_height, height);
    EXPECT_LE(tile.left + plan.window_width, width);
    EXPECT_TRUE(tile.top == 0 || tile.core_top - tile.top >= overlap);
    EXPECT_TRUE(tile.left == 0 || tile.core_left - tile.left >= overlap);
    const std::int64_t bottom = tile.core_top + tile.core_height;
    const std::int64_t right = tile.core_left + tile.core_width;
    const std::int64_t window_bottom = tile.top + plan.window_height;
    const std::int64_t window_right = tile.left + plan.window_width;
    EXPECT_TRUE(window_bottom == height || window_bottom - bottom >= overlap);
    EXPECT_TRUE(window_right == width || window_right - right >= overlap);
    for (std::int64_t y = tile.core_top; y < bottom; ++y) {
      for (std::int64_t x = tile.core_left; x < right; ++x) {
        ++times[static_cast<std::size_t>(y * width + x)];
      }
    }
  }
  return times;
}

TEST(Tiles, CoverThePictureOnceWithRoomAround) {
  for (const std::int64_t side : {1, 50, 96, 100, 129, 300}) {
    for (const std::int64_t most : {64, 96, 200}) {
      const TilePlan plan = plan_tiles(side, 257, most, 16, 1);
      const std::vector<int> times = coverage(plan, side, 257, 16);
      EXPECT_EQ(std::count(times.begin(), times.end(), 1), side * 257) << side << " " << most;
      EXPECT_LE(plan.window_width, std::max<std::int64_t>(most, 33));
    }
  }
}

TEST(Tiles, KeepToMultiples) {
  const TilePlan plan = plan_tiles(300, 404, 100, 32, 4);
  const std::vector<int> times = coverage(plan, 300, 404, 32);
  EXPECT_EQ(std::count(times.begin(), times.end(), 1), 300 * 404);
  EXPECT_EQ(plan.window_height % 4 + plan.window_width % 4, 0);
  for (const Tile& tile : plan.tiles) {
    EXPECT_EQ(tile.top % 4 + tile.left % 4 + tile.core_top % 4 + tile.core_left % 4, 0);
  }
}

TEST(Tiles, ASmallPictureIsOne) {
  const TilePlan plan = plan_tiles(64, 90, 96, 32, 1);
  ASSERT_EQ(plan.tiles.size(), 1U);
  EXPECT_EQ(plan.window_height, 64);
  EXPECT_EQ(plan.window_width, 90);
}

}  // namespace
}  // namespace ptravel
