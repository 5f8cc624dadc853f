#pragma once

#include <cstdint>
#include <vector>

namespace ptravel {

/// A part of a picture that a network works on at once: a window, of which only the core is kept.
struct Tile {
  std::int64_t top = 0;  ///< Of the window.
  std::int64_t left = 0;
  std::int64_t core_top = 0;  ///< In the picture.
  std::int64_t core_left = 0;
  std::int64_t core_height = 0;
  std::int64_t core_width = 0;
};

/// How a picture is divided.
struct TilePlan {
  std::int64_t window_height = 0;  ///< Of every tile.
  std::int64_t window_width = 0;
  std::vector<Tile> tiles;  ///< Their cores cover the picture once.
};

/// Divides a picture into windows of one size, at most `most_side` long, whose cores are at least
/// `overlap` away from the window's edges wherever the picture goes on. All edges are multiples of
/// `multiple`, as the picture's sides have to be. Windows are longer than `most_side` where that
/// leaves no room between the overlaps.
TilePlan plan_tiles(std::int64_t height,
                    std::int64_t width,
                    std::int64_t most_side,
                    std::int64_t overlap,
                    std::int64_t multiple);

}  // namespace ptravel
