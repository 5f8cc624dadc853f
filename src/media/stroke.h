#pragma once

#include <vector>

#include "media/palette.h"
#include "ptravel/image.h"

namespace ptravel {

/// A place on a picture, in pixels.
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

/// Draws an anti-aliased line, two pixels wide, through `points`; those with a y of NaN are gaps, a
/// point between gaps is a dot. Pixels outside of `area` stay as they are.
void draw_line(Image& image, Box area, const std::vector<Point>& points, Colour colour);

}  // namespace ptravel
