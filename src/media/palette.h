#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ptravel/image.h"

namespace ptravel {

using Colour = std::array<std::uint8_t, 3>;

/// Counts the colours of any number of pictures, in cells of 4 levels per channel: 8 MiB, however
/// many pictures there are.
class ColourHistogram {
 public:
  ColourHistogram();
  void add(const Image& image);

  /// At most 256 colours that stand for all that was added, with little squared error: splits the
  /// group of colours with the largest error at its mean until there are 256 groups (as Wu's
  /// variance-based quantisation), then moves each colour to the middle of what is nearest to it
  /// (Lloyd's iteration). Empty when nothing was added.
  std::vector<Colour> choose_palette() const;

 private:
  struct Cell {
    std::uint64_t count = 0;
    std::array<std::uint64_t, 3> sums{};
  };
  std::vector<Cell> cells_;
};

/// Replaces the pixels of pictures by indices into a palette, with error diffusion (Sierra Lite).
class PaletteMapper {
 public:
  /// `palette` has 1 to 256 colours.
  explicit PaletteMapper(std::vector<Colour> palette);

  /// Writes the indices of row y of `image` to `indices` + y * stride.
  void map(const Image& image, std::uint8_t* indices, std::size_t stride);

 private:
  std::uint8_t nearest(const std::array<int, 3>& colour);

  std::vector<Colour> palette_;
  std::vector<std::int16_t> nearest_;  // per cell, -1 until it is asked for
};

}  // namespace ptravel
