#include "media/stroke.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "media/bitmap_font.h"

namespace ptravel {
namespace {

constexpr double kLineRadius = 1.0;
constexpr double kDotRadius = 3.0;

double distance(Point p, Point a, Point b) {
  const Point along{b.x - a.x, b.y - a.y};
  const double square = along.x * along.x + along.y * along.y;
  const double dot = (p.x - a.x) * along.x + (p.y - a.y) * along.y;
  const double t = square > 0.0 ? std::clamp(dot / square, 0.0, 1.0) : 0.0;
  return std::hypot(p.x - a.x - t * along.x, p.y - a.y - t * along.y);
}

/// How much of each pixel of `area` one line covers. Kept apart from the picture until the line is
/// complete, so that its joints are not darker.
class Stroke {
 public:
  explicit Stroke(Box area)
      : area_(area), coverage_(static_cast<std::size_t>(area.width()) * area.height()) {}

  /// Adds the straight piece from a to b; a dot where they are one.
  void add(Point a, Point b, double radius) {
    const double reach = radius + 0.5;
    const int right = std::min(area_.right, static_cast<int>(std::max(a.x, b.x) + reach) + 1);
    const int bottom = std::min(area_.bottom, static_cast<int>(std::max(a.y, b.y) + reach) + 1);
    const int left = std::max(area_.left, static_cast<int>(std::min(a.x, b.x) - reach));
    for (int y = std::max(area_.top, static_cast<int>(std::min(a.y, b.y) - reach)); y < bottom;
         ++y) {
      for (int x = left; x < right; ++x) {
        const double inside = std::clamp(reach - distance({x + 0.5, y + 0.5}, a, b), 0.0, 1.0);
        std::uint8_t& covered = coverage_[index(x, y)];
        covered = std::max(covered, static_cast<std::uint8_t>(inside * 255.0));
      }
    }
  }

  void paint(Image& image, Colour colour) const {
    for (int y = area_.top; y < area_.bottom; ++y) {
      for (int x = area_.left; x < area_.right; ++x) {
        blend_pixel(image, x, y, colour, coverage_[index(x, y)]);
      }
    }
  }

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y - area_.top) * area_.width() + (x - area_.left);
  }

  Box area_;
  std::vector<std::uint8_t> coverage_;
};

/// Adds neighbouring points. Of those in one column of pixels only the first, the last and the
/// extremes count, so that ten thousand values take no longer than a thousand.
void add_run(Stroke& stroke, const std::vector<Point>& run) {
  if (run.size() == 1) {
    stroke.add(run[0], run[0], kDotRadius);
  }
  const auto same_column = [](Point a, Point b) { return std::floor(a.x) == std::floor(b.x); };
  const auto by_height = [](Point a, Point b) { return a.y < b.y; };
  auto begin = run.begin();
  for (auto last = begin; begin != run.end();) {
    const auto end = std::find_if(begin, run.end(),
                                  [&](const Point& point) { return !same_column(*begin, point); });
    const auto [top, bottom] = std::minmax_element(begin, end, by_height);
    for (const auto point : {begin, std::min(top, bottom), std::max(top, bottom), end - 1}) {
      stroke.add(*last, *point, kLineRadius);
      last = point;
    }
    begin = end;
  }
}

}  // namespace

void draw_line(Image& image, Box area, const std::vector<Point>& points, Colour colour) {
  Stroke stroke(area);
  std::vector<Point> run;
  for (const Point& point : points) {
    if (!std::isnan(point.y)) {
      run.push_back(point);
      continue;
    }
    add_run(stroke, run);
    run.clear();
  }
  add_run(stroke, run);
  stroke.paint(image, colour);
}

}  // namespace ptravel
