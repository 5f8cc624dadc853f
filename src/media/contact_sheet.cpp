#include "media/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "media/resize.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kGap = 4;
constexpr int kMaxSide = 2048;
constexpr std::int64_t kMaxFrames = 256;
constexpr std::uint8_t kBackground = 255;

struct Size {
  int width = 0;
  int height = 0;
  bool operator==(const Size&) const = default;
};

struct Grid {
  int columns = 1;
  int rows = 1;
  Size cell;

  int width() const { return columns * (cell.width + kGap) + kGap; }
  int height() const { return rows * (cell.height + kGap) + kGap; }
};

/// `size` at this scale: proportions kept, no side below 1.
Size scaled(Size size, double scale) {
  return {std::max(1, static_cast<int>(std::lround(size.width * scale))),
          std::max(1, static_cast<int>(std::lround(size.height * scale)))};
}

/// The fewest columns with which the grid is not higher than wide, and cells that fit the sheet.
Grid plan_grid(int count, Size frame) {
  Grid grid;
  const auto rows_of = [&](int columns) { return (count + columns - 1) / columns; };
  while (grid.columns < count &&
         grid.columns * (frame.width + kGap) < rows_of(grid.columns) * (frame.height + kGap)) {
    ++grid.columns;
  }
  grid.rows = rows_of(grid.columns);
  const auto room = [](int cells) { return (kMaxSide - kGap) / cells - kGap; };
  const double scale = std::min({1.0, static_cast<double>(room(grid.columns)) / frame.width,
                                 static_cast<double>(room(grid.rows)) / frame.height});
  grid.cell = scaled(frame, scale);
  return grid;
}

/// `frame` as large as it may stand in a cell. Frames of the first one's size fill theirs.
Size fitted(Size frame, Size first, Size cell) {
  if (frame == first) {
    return cell;
  }
  const double scale = std::min({1.0, static_cast<double>(cell.width) / frame.width,
                                 static_cast<double>(cell.height) / frame.height});
  return scaled(frame, scale);
}

void paste(const Image& picture, int left, int top, Image& sheet) {
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.row(y), picture.width * 3, sheet.row(top + y) + left * 3);
  }
}

}  // namespace

Image make_contact_sheet(std::int64_t count, const FrameSource& frame) {
  if (count < 1 || count > kMaxFrames) {
    throw Error(ErrorCode::InvalidArgument, "[contact sheet] " + std::to_string(count) +
                                                " frames, expected 1 to " +
                                                std::to_string(kMaxFrames));
  }
  Size first;
  Grid grid;
  Image sheet;
  for (int index = 0; index < count; ++index) {
    Image image = frame(index);
    const Size size{image.width, image.height};
    if (size.width < 1 || size.height < 1) {
      throw Error(ErrorCode::InvalidArgument,
                  "[contact sheet] frame " + std::to_string(index) + " is empty");
    }
    if (index == 0) {
      first = size;
      grid = plan_grid(static_cast<int>(count), size);
      sheet = Image(grid.width(), grid.height());
      std::fill(sheet.pixels.begin(), sheet.pixels.end(), kBackground);
    }
    const Size shown = fitted(size, first, grid.cell);
    if (shown != size) {
      image = resize(image, shown.width, shown.height, ResizeFilter::Lanczos3);
    }
    const int left = kGap + index % grid.columns * (grid.cell.width + kGap);
    const int top = kGap + index / grid.columns * (grid.cell.height + kGap);
    paste(image, left + (grid.cell.width - shown.width) / 2,
          top + (grid.cell.height - shown.height) / 2, sheet);
  }
  return sheet;
}

}  // namespace ptravel
