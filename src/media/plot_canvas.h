#pragma once

#include <string>
#include <vector>

#include "media/palette.h"
#include "ptravel/image.h"

namespace ptravel {

/// A place on a picture, in pixels; the middle of the upper left pixel is (0, 0).
struct Point {
  double x = 0.0;
  double y = 0.0;
};

/// Pixels; `right` and `bottom` are the first ones outside.
struct Box {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;

  int width() const { return right - left; }
  int height() const { return bottom - top; }
};

/// Texts of axes and legends, and of titles.
enum class TextSize { Small, Large };

/// The height of a capital letter in pixels, and what letters like g reach below their line.
constexpr int cap_height(TextSize size) { return size == TextSize::Small ? 11 : 13; }
inline constexpr int kDescent = 6;

/// How many pixels wide a text is drawn. Texts are ASCII.
int text_width(const std::string& text, TextSize size = TextSize::Small);

/// Draws on a picture, which must outlive it and keep its size. What lies outside is left out.
class PlotCanvas {
 public:
  explicit PlotCanvas(Image& image) : image_(image) {}

  void fill(Box box, Colour colour);
  /// One line of text whose letters stand on the row `base`.
  void text(
      int left, int base, const std::string& text, Colour colour, TextSize size = TextSize::Small);
  /// The same, read from below: it begins at the row `bottom` and stands on the column `base`.
  void text_upwards(int base, int bottom, const std::string& text, Colour colour);
  /// A thin, smooth line through `points`; those with a y of NaN are gaps, a point
  /// between gaps is a dot. Pixels outside of `area` stay as they are.
  void line(Box area, const std::vector<Point>& points, Colour colour);
  /// A smooth ring about a point.
  void ring(Box area, Point middle, Colour colour);

 private:
  Image& image_;
};

}  // namespace ptravel
