#include "postprocess/tiles.h"

#include <algorithm>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// A side's parts: where windows begin, and cores begin and end.
struct Part {
  std::int64_t window = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

struct Side {
  std::int64_t window = 0;
  std::vector<Part> parts;
};

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

Side divide(std::int64_t length,
            std::int64_t most_side,
            std::int64_t overlap,
            std::int64_t multiple) {
  if (length <= most_side) {
    return {length, {{0, 0, length}}};
  }
  const std::int64_t border = round_up(overlap, multiple);
  const std::int64_t most_core = std::max(most_side - 2 * border, multiple);
  const std::int64_t count = (length + most_core - 1) / most_core;
  const std::int64_t core = round_up((length + count - 1) / count, multiple);
  Side side{std::min(length, core + 2 * border), {}};
  for (std::int64_t begin = 0; begin < length; begin += core) {
    const std::int64_t window = std::clamp<std::int64_t>(begin - border, 0, length - side.window);
    side.parts.push_back({window, begin, std::min(begin + core, length)});
  }
  return side;
}

}  // namespace

TilePlan plan_tiles(std::int64_t height,
                    std::int64_t width,
                    std::int64_t most_side,
                    std::int64_t overlap,
                    std::int64_t multiple) {
  PTRAVEL_CHECK(height > 0 && width > 0 && overlap >= 0 && multiple > 0 && height % multiple == 0 &&
                width % multiple == 0);
  const Side rows = divide(height, most_side, overlap, multiple);
  const Side columns = divide(width, most_side, overlap, multiple);
  TilePlan plan{rows.window, columns.window, {}};
  for (const Part& row : rows.parts) {
    for (const Part& column : columns.parts) {
      plan.tiles.push_back({row.window, column.window, row.begin, column.begin, row.end - row.begin,
                            column.end - column.begin});
    }
  }
  return plan;
}

}  // namespace ptravel
