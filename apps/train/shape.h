#pragma once

#include <vector>

#include <ATen/ATen.h>

namespace ptravel::train {

struct Point {
  float x = 0;
  float y = 0;
};

/// Where a part's own coordinates lie in the picture: turned, scaled, shifted and perhaps mirrored.
class Frame {
 public:
  Frame() = default;
  /// The whole picture: x and y go from 0 to 1.
  static Frame picture(int size);
  /// A frame whose origin is at `origin` of this frame, turned clockwise by `angle`.
  Frame inside(Point origin, float angle = 0, float scale = 1) const;
  /// This frame with x running the other way.
  Frame mirrored() const;
  /// Pixels per unit.
  float unit() const { return unit_; }
  Point to_pixels(Point p) const;
  Point from_pixels(Point p) const;

 private:
  float xx_ = 1, xy_ = 0, yx_ = 0, yy_ = 1;
  Point origin_;
  float unit_ = 1;
};

/// A shape in a frame's coordinates: the union of simple parts, each with a signed distance.
class Shape {
 public:
  /// A thick line from one round end to another.
  Shape& stroke(Point a, Point b, float radius_a, float radius_b);
  Shape& circle(Point center, float radius) { return stroke(center, center, radius, radius); }
  Shape& ellipse(Point center, float radius_x, float radius_y, float angle = 0);
  Shape& box(Point center, float half_x, float half_y, float rounding = 0, float angle = 0);
  /// A convex polygon, in either direction of rotation.
  Shape& polygon(std::vector<Point> corners, float rounding = 0);
  /// A line through the points, its thickness going evenly from one end to the other.
  Shape& path(const std::vector<Point>& points, float radius_first, float radius_last);

  /// Joins the parts so added with fillets about this wide.
  Shape& blend(float width);
  /// Lowers (in y) everything so added by amount * x * x: a smile is a line bent by a negative
  /// amount.
  Shape& bend(float amount);
  /// Only the shape's border, this wide on either side.
  Shape& hollow(float half_width);
  /// Only what lies in the other shape, or outside it.
  Shape& within(const Shape& other);
  Shape& without(const Shape& other);

  /// Signed distances at the points (x and y broadcast), in units of the frame.
  at::Tensor distance(const at::Tensor& x, const at::Tensor& y) const;
  /// The corners of a box around the shape.
  Point low() const;
  Point high() const;

 private:
  enum class Kind { Stroke, Ellipse, Box, Polygon };
  struct Part {
    Kind kind = Kind::Stroke;
    Point a;
    Point b;
    float first = 0;
    float last = 0;
    float angle = 0;
    std::vector<Point> corners = {};
  };
  struct Cut {
    std::vector<Shape> shape;
    bool inside = true;
  };
  static at::Tensor part_distance(const Part& part, const at::Tensor& x, const at::Tensor& y);
  void add(Part part, Point low, Point high);

  std::vector<Part> parts_;
  std::vector<Cut> cuts_;
  float blend_ = 0;
  float bend_ = 0;
  float hollow_ = 0;
  Point low_{1e9F, 1e9F};
  Point high_{-1e9F, -1e9F};
};

}  // namespace ptravel::train
