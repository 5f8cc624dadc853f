#include "shape.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ptravel::train {
namespace {

at::Tensor length(const at::Tensor& x, const at::Tensor& y) {
  return (x * x).addcmul_(y, y).sqrt_();
}

// The smaller of the two with a fillet (the quadratic smooth minimum).
at::Tensor join(const at::Tensor& a, const at::Tensor& b, float width) {
  if (width <= 0) {
    return at::min(a, b);
  }
  const at::Tensor near = (a - b).abs_().neg_().add_(width).clamp_min_(0);
  return at::min(a, b).addcmul_(near, near, -0.25F / width);
}

// Distance to a convex polygon with corners in clockwise order, as seen with y downwards.
at::Tensor polygon_distance(const std::vector<Point>& corners,
                            float rounding,
                            const at::Tensor& x,
                            const at::Tensor& y) {
  at::Tensor distance;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point p = corners[i];
    const Point q = corners[(i + 1) % corners.size()];
    const float size = std::hypot(q.x - p.x, q.y - p.y);
    const float nx = (q.y - p.y) / size;
    const float ny = (p.x - q.x) / size;
    const at::Tensor side = (x * nx).add_(y, ny).sub_(nx * p.x + ny * p.y + rounding);
    distance = distance.defined() ? at::max(distance, side) : side;
  }
  return distance;
}

}  // namespace

Frame Frame::picture(int size) {
  Frame frame;
  frame.unit_ = static_cast<float>(size);
  frame.xx_ = frame.yy_ = frame.unit_;
  return frame;
}

Frame Frame::inside(Point origin, float angle, float scale) const {
  const float c = std::cos(angle) * scale;
  const float s = std::sin(angle) * scale;
  Frame frame;
  frame.origin_ = to_pixels(origin);
  frame.xx_ = xx_ * c + xy_ * s;
  frame.xy_ = -xx_ * s + xy_ * c;
  frame.yx_ = yx_ * c + yy_ * s;
  frame.yy_ = -yx_ * s + yy_ * c;
  frame.unit_ = unit_ * scale;
  return frame;
}

Frame Frame::mirrored() const {
  Frame frame = *this;
  frame.xx_ = -xx_;
  frame.yx_ = -yx_;
  return frame;
}

Point Frame::to_pixels(Point p) const {
  return {origin_.x + xx_ * p.x + xy_ * p.y, origin_.y + yx_ * p.x + yy_ * p.y};
}

Point Frame::from_pixels(Point p) const {
  const float det = xx_ * yy_ - xy_ * yx_;
  const float x = p.x - origin_.x;
  const float y = p.y - origin_.y;
  return {(x * yy_ - y * xy_) / det, (y * xx_ - x * yx_) / det};
}

void Shape::add(Part part, Point low, Point high) {
  parts_.push_back(std::move(part));
  low_ = {std::min(low_.x, low.x), std::min(low_.y, low.y)};
  high_ = {std::max(high_.x, high.x), std::max(high_.y, high.y)};
}

Shape& Shape::stroke(Point a, Point b, float radius_a, float radius_b) {
  add({Kind::Stroke, a, b, radius_a, radius_b},
      {std::min(a.x - radius_a, b.x - radius_b), std::min(a.y - radius_a, b.y - radius_b)},
      {std::max(a.x + radius_a, b.x + radius_b), std::max(a.y + radius_a, b.y + radius_b)});
  return *this;
}

Shape& Shape::ellipse(Point center, float radius_x, float radius_y, float angle) {
  const float c = std::cos(angle);
  const float s = std::sin(angle);
  const float x = std::hypot(radius_x * c, radius_y * s);
  const float y = std::hypot(radius_x * s, radius_y * c);
  add({Kind::Ellipse, center, {}, radius_x, radius_y, angle}, {center.x - x, center.y - y},
      {center.x + x, center.y + y});
  return *this;
}

Shape& Shape::box(Point center, float half_x, float half_y, float rounding, float angle) {
  const float c = std::abs(std::cos(angle));
  const float s = std::abs(std::sin(angle));
  const float x = half_x * c + half_y * s;
  const float y = half_x * s + half_y * c;
  add({Kind::Box, center, {half_x, half_y}, rounding, 0, angle}, {center.x - x, center.y - y},
      {center.x + x, center.y + y});
  return *this;
}

Shape& Shape::polygon(std::vector<Point> corners, float rounding) {
  Point low = corners.front();
  Point high = low;
  float area = 0;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point p = corners[i];
    const Point q = corners[(i + 1) % corners.size()];
    area += p.x * q.y - p.y * q.x;
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  if (area < 0) {
    std::reverse(corners.begin(), corners.end());
  }
  add({Kind::Polygon, {}, {}, rounding, 0, 0, std::move(corners)},
      {low.x - rounding, low.y - rounding}, {high.x + rounding, high.y + rounding});
  return *this;
}

Shape& Shape::path(const std::vector<Point>& points, float radius_first, float radius_last) {
  const auto steps = static_cast<float>(points.size() - 1);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const auto at = static_cast<float>(i);
    stroke(points[i], points[i + 1], radius_first + (radius_last - radius_first) * at / steps,
           radius_first + (radius_last - radius_first) * (at + 1) / steps);
  }
  return *this;
}

Shape& Shape::blend(float width) {
  blend_ = width;
  return *this;
}

Shape& Shape::bend(float amount) {
  bend_ = amount;
  return *this;
}

Shape& Shape::hollow(float half_width) {
  hollow_ = half_width;
  return *this;
}

Shape& Shape::within(const Shape& other) {
  cuts_.push_back({{other}, true});
  const Point low = other.low();
  const Point high = other.high();
  low_ = {std::max(low_.x, low.x), std::max(low_.y, low.y)};
  high_ = {std::min(high_.x, high.x), std::min(high_.y, high.y)};
  return *this;
}

Shape& Shape::without(const Shape& other) {
  cuts_.push_back({{other}, false});
  return *this;
}

Point Shape::low() const {
  const float far = std::max(low_.x * low_.x, high_.x * high_.x);
  return {low_.x - hollow_, low_.y - hollow_ + std::min(0.0F, bend_ * far)};
}

Point Shape::high() const {
  const float far = std::max(low_.x * low_.x, high_.x * high_.x);
  return {high_.x + hollow_, high_.y + hollow_ + std::max(0.0F, bend_ * far)};
}

at::Tensor Shape::part_distance(const Part& part, const at::Tensor& x, const at::Tensor& y) {
  if (part.kind == Kind::Polygon) {
    return polygon_distance(part.corners, part.first, x, y);
  }
  at::Tensor dx = x - part.a.x;
  at::Tensor dy = y - part.a.y;
  if (part.kind == Kind::Stroke) {
    const float bx = part.b.x - part.a.x;
    const float by = part.b.y - part.a.y;
    const float square = bx * bx + by * by;
    if (square < 1e-9F) {
      return length(dx, dy).sub_(part.first);
    }
    const at::Tensor t = (dx * (bx / square)).add_(dy, by / square).clamp_(0, 1);
    return length(dx.sub_(t, bx), dy.sub_(t, by)).sub_(part.first).sub_(t, part.last - part.first);
  }
  if (part.angle != 0) {
    const float c = std::cos(part.angle);
    const float s = std::sin(part.angle);
    const at::Tensor turned = (dx * c).add_(dy, s);
    dy = (dy * c).sub_(dx, s);
    dx = turned;
  }
  if (part.kind == Kind::Ellipse) {
    const at::Tensor scaled = length(dx / part.first, dy / part.last);
    const at::Tensor slope =
        length(dx / (part.first * part.first), dy / (part.last * part.last)).clamp_min_(1e-4F);
    return (scaled - 1).mul_(scaled).div_(slope);
  }
  dx.abs_().sub_(part.b.x - part.first);
  dy.abs_().sub_(part.b.y - part.first);
  const at::Tensor inner = at::max(dx, dy).clamp_max_(0);
  return length(dx.clamp_min_(0), dy.clamp_min_(0)).add_(inner).sub_(part.first);
}

at::Tensor Shape::distance(const at::Tensor& x, const at::Tensor& y) const {
  const at::Tensor straight = bend_ == 0 ? y : at::addcmul(y, x, x, -bend_);
  at::Tensor distance = part_distance(parts_.front(), x, straight);
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    distance = join(distance, part_distance(parts_[i], x, straight), blend_);
  }
  if (hollow_ > 0) {
    distance.abs_().sub_(hollow_);
  }
  for (const Cut& cut : cuts_) {
    const at::Tensor other = cut.shape.front().distance(x, y);
    distance = at::max(distance, cut.inside ? other : -other);
  }
  return distance;
}

}  // namespace ptravel::train
