#include "sdapi/grid.h"

#include <algorithm>
#include <cmath>

#include "ptravel/error.h"

namespace ptravel {

Image sd_grid(const std::vector<const Image*>& pictures) {
  PTRAVEL_CHECK(!pictures.empty());
  const int count = static_cast<int>(pictures.size());
  const int rows = std::clamp(static_cast<int>(std::nearbyint(std::sqrt(count))), 1, count);
  const int columns = (count + rows - 1) / rows;
  const int width = pictures.front()->width;
  const int height = pictures.front()->height;
  Image grid(width * columns, height * rows);
  for (int i = 0; i < count; ++i) {
    PTRAVEL_CHECK(pictures[i]->width == width && pictures[i]->height == height);
    for (int y = 0; y < height; ++y) {
      std::uint8_t* target =
          grid.row(i / columns * height + y) + static_cast<std::size_t>(i % columns) * width * 3;
      std::copy_n(pictures[i]->row(y), static_cast<std::size_t>(width) * 3, target);
    }
  }
  return grid;
}

}  // namespace ptravel
