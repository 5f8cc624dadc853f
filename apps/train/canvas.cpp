#include "canvas.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ptravel::train {
namespace {

// Operations on more numbers than this are spread over threads by the library; pictures are drawn
// in parallel already.
constexpr std::int64_t kSerial = 32768;
constexpr float kReference = 128;
constexpr Rgb kPaper = rgb(250, 249, 246);
constexpr Rgb kPencil = rgb(50, 50, 56);
constexpr float kPencilTone = 0.18F;
constexpr float kPencilLine = 1.25F;  // As many times the width of an outline.
constexpr float kInkLuminance = 0.25F;

at::Tensor color_tensor(Rgb color) {
  at::Tensor tensor = at::empty({3, 1, 1}, at::kFloat);
  auto* data = tensor.data_ptr<float>();
  data[0] = color.r;
  data[1] = color.g;
  data[2] = color.b;
  return tensor;
}

float luminance(Rgb color) { return 0.3F * color.r + 0.59F * color.g + 0.11F * color.b; }

}  // namespace

Rgb mix(Rgb from, Rgb to, float amount) {
  return {from.r + (to.r - from.r) * amount, from.g + (to.g - from.g) * amount,
          from.b + (to.b - from.b) * amount};
}

Rgb lighter(Rgb color, float amount) { return mix(color, {1, 1, 1}, amount); }

Rgb darker(Rgb color, float amount) {
  return mix(color, {color.r * 0.3F + 0.02F, color.g * 0.2F, color.b * 0.3F + 0.04F}, amount);
}

Paint flat(Rgb color, float alpha) {
  Paint paint{color};
  paint.line = 0;
  paint.shade = 0;
  paint.alpha = alpha;
  return paint;
}

Paint glow(Rgb color, float soft, float alpha) {
  Paint paint = flat(color, alpha);
  paint.soft = soft;
  return paint;
}

Paint gradient(Rgb color, float top, Rgb low, float bottom) {
  Paint paint = flat(color);
  paint.low = low;
  paint.top = top;
  paint.bottom = bottom;
  return paint;
}

Canvas::Canvas(int size, float light, bool sketch)
    : size_(size),
      light_(light),
      sketch_(sketch),
      pixels_(at::empty({3, size, size}, at::kFloat)),
      column_(at::arange(size, at::kFloat).add_(0.5F).reshape({1, size})),
      row_(column_.reshape({size, 1})) {}

Rgb Canvas::seen(Rgb color) const {
  if (!sketch_) {
    return color;
  }
  const float grey = luminance(color);
  return mix(kPaper, {grey, grey, grey}, kPencilTone);
}

Canvas::Window Canvas::window(const Frame& frame, const Shape& shape, float margin) const {
  const Point a = shape.low();
  const Point b = shape.high();
  Point low{1e9F, 1e9F};
  Point high{-1e9F, -1e9F};
  for (const Point corner : {a, b, Point{a.x, b.y}, Point{b.x, a.y}}) {
    const Point p = frame.to_pixels(corner);
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const auto bound = [&](float value) {
    return static_cast<std::int64_t>(std::clamp(value, 0.0F, static_cast<float>(size_)));
  };
  Window window{bound(std::floor(low.x - margin)), bound(std::floor(low.y - margin))};
  window.width = bound(std::ceil(high.x + margin)) - window.x;
  window.height = bound(std::ceil(high.y + margin)) - window.y;
  return window;
}

// The shadow is where the shape, moved towards the light, does not reach.
at::Tensor Canvas::shadow(const at::Tensor& distance, const Paint& paint) const {
  const std::int64_t height = distance.size(0);
  const std::int64_t width = distance.size(1);
  const float reach = paint.depth * static_cast<float>(size_);
  const auto down = std::min<std::int64_t>(height - 1, std::lround(reach));
  const auto right = std::min<std::int64_t>(width - 1, std::lround(reach * 0.6F));
  at::Tensor moved = at::full_like(distance, reach);
  moved.slice(0, 0, height - down)
      .slice(1, 0, width - right)
      .copy_(distance.slice(0, down).slice(1, right));
  return moved.mul_(1.0F / std::max(1.0F, 0.6F * reach))
      .add_(0.7F)
      .clamp_(0, 1)
      .mul_(paint.shade * light_);
}

// The colours with shadow and outline, as far as they can be broadcast to the distances.
at::Tensor Canvas::painted(const Strip& strip, const Paint& paint, float line) const {
  // A small dark mark without an outline is the pencil's own.
  const bool mark = sketch_ && line == 0 && luminance(paint.color) < kInkLuminance;
  at::Tensor color = color_tensor(mark ? kPencil : seen(paint.color));
  if (paint.low.r >= 0) {
    const at::Tensor part = (strip.y - paint.top).div_(paint.bottom - paint.top).clamp_(0, 1);
    color = at::addcmul(color, part, color_tensor(seen(paint.low)) - color);
  }
  if (strip.shadow.defined()) {
    color = at::addcmul(color, strip.shadow,
                        color_tensor(darker(paint.color, 0.42F)) - color_tensor(paint.color));
  }
  if (line > 0) {
    const bool own = paint.line_color.r >= 0;
    const Rgb ink = sketch_ ? kPencil : own ? paint.line_color : darker(paint.color, 0.92F);
    const at::Tensor edge = (strip.distance + (line / 2 - 0.5F)).clamp_(0, 1);
    const std::array<std::int64_t, 3> size = {3, strip.distance.size(0), strip.distance.size(1)};
    color = at::lerp(color.expand(size), color_tensor(ink).expand(size), edge.expand(size));
  }
  return color;
}

void Canvas::paint(const Frame& frame, const Shape& shape, const Paint& paint) {
  const float pixel = static_cast<float>(size_) / kReference;
  const float line = paint.line * pixel * (sketch_ ? kPencilLine : 1);
  const float soft = paint.soft * pixel;
  const Window where = window(frame, shape, line / 2 + soft / 2 + 1);
  if (where.width <= 0 || where.height <= 0) {
    return;
  }
  const at::Tensor column = column_.narrow(1, where.x, where.width);
  const at::Tensor row = row_.narrow(0, where.y, where.height);
  const Point o = frame.from_pixels({0, 0});
  const Point right = frame.from_pixels({1, 0});
  const Point down = frame.from_pixels({0, 1});
  const at::Tensor x = (column * (right.x - o.x) + o.x).add(row * (down.x - o.x));
  const at::Tensor y = (column * (right.y - o.y) + o.y).add(row * (down.y - o.y));
  const at::Tensor distance = shape.distance(x, y).mul_(frame.unit());
  const at::Tensor dark = paint.shade > 0 && !sketch_ ? shadow(distance, paint) : at::Tensor();
  at::Tensor alpha = (distance - line / 2).mul_(-1.0F / soft).add_(0.5F).clamp_(0, 1);
  if (paint.soft > 2) {
    alpha = alpha * alpha * (3 - 2 * alpha);
  }
  alpha.mul_(paint.alpha);
  const std::int64_t rows = std::max<std::int64_t>(1, kSerial / (3 * where.width));
  for (std::int64_t first = 0; first < where.height; first += rows) {
    const std::int64_t count = std::min(rows, where.height - first);
    const auto part = [&](const at::Tensor& all) { return all.narrow(0, first, count); };
    const Strip strip = {part(distance), part(y), dark.defined() ? part(dark) : dark};
    const at::Tensor target =
        pixels_.narrow(1, where.y + first, count).narrow(2, where.x, where.width);
    target.lerp_(painted(strip, paint, line).expand_as(target), part(alpha).expand_as(target));
  }
}

void Canvas::fill(Rgb top, Rgb middle, Rgb bottom, float vignette) {
  const at::Tensor y = row_ / static_cast<float>(size_);
  const at::Tensor upper = (y * 2).clamp(0, 1);
  const at::Tensor lower = (y * 2 - 1).clamp(0, 1);
  const at::Tensor a = color_tensor(seen(top));
  const at::Tensor b = color_tensor(seen(middle));
  const at::Tensor c = color_tensor(seen(bottom));
  const at::Tensor color = a + (b - a) * upper + (c - b) * lower;
  const at::Tensor x = column_ / static_cast<float>(size_) - 0.5F;
  const at::Tensor away = (x * x).add((y - 0.5F).square()).mul(-vignette).add(1);
  for (int channel = 0; channel < 3; ++channel) {
    pixels_[channel].copy_(color[channel] * away);
  }
}

}  // namespace ptravel::train
