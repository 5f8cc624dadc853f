#include <cmath>

#include "pictures_parts.h"

namespace ptravel::train {
namespace {

// A number 0..1 that looks random.
float scatter(int i) {
  const float value = std::sin(static_cast<float>(i) * 12.9898F + 4.1F) * 437.585F;
  return value - std::floor(value);
}

float wrapped(float value) { return value - std::floor(value); }

class Scene {
 public:
  Scene(Canvas& canvas, const Placement& place)
      : canvas_(canvas), frame_(Frame::picture(canvas.size())), vary_(place.scene) {}
  void draw(int kind);

 private:
  void paint(const Shape& shape, const Paint& paint) { canvas_.paint(frame_, shape, paint); }
  /// A gentle hill whose top is at (x, y).
  void hill(float x, float y, float width, Rgb top, Rgb bottom);
  void cloud(Point at, float size, Rgb color);
  void spots(int count, float bottom, float radius, Rgb color);
  void sun(Point at, float radius, Rgb color);
  void round_tree(Point foot, float size, Rgb leaves);
  void pine(Point foot, float size, Rgb leaves, Rgb snow);
  void palm(Point foot);
  void house(float left, float width, float top, Rgb color);

  void sky();
  void night();
  void forest();
  void beach();
  void snow();
  void sunset();
  void city();

  Canvas& canvas_;
  Frame frame_;
  float vary_;
};

void Scene::hill(float x, float y, float width, Rgb top, Rgb bottom) {
  Paint paint = scenery(top);
  paint.low = bottom;
  paint.top = y;
  paint.bottom = 1;
  this->paint(Shape().ellipse({x, y + 0.6F}, width, 0.6F), paint);
}

void Scene::cloud(Point at, float size, Rgb color) {
  Paint paint = scenery(color);
  paint.shade = 0.25F;
  this->paint(Shape()
                  .stroke({at.x - size, at.y}, {at.x + size, at.y}, 0.3F * size, 0.3F * size)
                  .circle({at.x - 0.3F * size, at.y - 0.22F * size}, 0.45F * size)
                  .circle({at.x + 0.42F * size, at.y - 0.12F * size}, 0.36F * size)
                  .blend(0.1F * size),
              paint);
}

void Scene::spots(int count, float bottom, float radius, Rgb color) {
  for (int i = 0; i < count; ++i) {
    const Point at{wrapped(scatter(3 * i) + 0.6F * vary_),
                   bottom * wrapped(scatter(3 * i + 1) + 0.25F * vary_)};
    paint(Shape().circle(at, radius * (0.6F + 0.8F * scatter(3 * i + 2))), flat(color));
  }
}

void Scene::sun(Point at, float radius, Rgb color) {
  paint(Shape().circle(at, radius * 1.1F), glow(lighter(color, 0.3F), 30, 0.8F));
  paint(Shape().circle(at, radius), scenery(color));
}

void Scene::round_tree(Point foot, float size, Rgb leaves) {
  Paint bark = scenery(rgb(112, 74, 46));
  bark.shade = 0.6F;
  paint(Shape().stroke(foot, {foot.x, foot.y - 0.6F * size}, 0.09F * size, 0.06F * size), bark);
  Paint paint = scenery(leaves);
  paint.shade = 0.8F;
  paint.depth = 0.04F;
  const float y = foot.y - 0.8F * size;
  this->paint(Shape()
                  .circle({foot.x, y - 0.22F * size}, 0.3F * size)
                  .circle({foot.x - 0.22F * size, y}, 0.27F * size)
                  .circle({foot.x + 0.22F * size, y + 0.02F * size}, 0.27F * size),
              paint);
}

void Scene::pine(Point foot, float size, Rgb leaves, Rgb snow) {
  for (int i = 0; i < 3; ++i) {
    const float y = foot.y - 0.26F * size * static_cast<float>(i);
    const float half = size * (0.3F - 0.06F * static_cast<float>(i));
    Paint paint = scenery(leaves);
    paint.shade = 0.6F;
    this->paint(
        Shape().polygon({{foot.x - half, y}, {foot.x + half, y}, {foot.x, y - 0.46F * size}}),
        paint);
    this->paint(Shape().polygon({{foot.x - 0.35F * half, y - 0.3F * size},
                                 {foot.x + 0.35F * half, y - 0.3F * size},
                                 {foot.x, y - 0.46F * size}}),
                flat(snow));
  }
}

void Scene::palm(Point foot) {
  const Point top{foot.x + 0.05F, foot.y - 0.4F};
  Paint bark = scenery(rgb(170, 120, 70));
  bark.shade = 0.6F;
  paint(Shape().path({foot, {foot.x + 0.01F, foot.y - 0.2F}, top}, 0.024F, 0.015F), bark);
  for (int i = 0; i < 5; ++i) {
    const float angle = -2.95F + 0.7F * static_cast<float>(i) + 0.1F * vary_;
    const Point middle{top.x + 0.1F * std::cos(angle), top.y + 0.07F * std::sin(angle) - 0.02F};
    const Point end{top.x + 0.16F * std::cos(angle), top.y + 0.1F * std::sin(angle) + 0.05F};
    paint(Shape().stroke(top, middle, 0.012F, 0.022F).stroke(middle, end, 0.022F, 0.003F),
          scenery(rgb(50, 150, 75)));
  }
}

void Scene::house(float left, float width, float top, Rgb color) {
  Paint wall = scenery(color);
  wall.line = 1;
  paint(Shape().box({left + width / 2, (top + 1) / 2}, width / 2, (1 - top) / 2), wall);
  Shape windows;
  for (float y = top + 0.05F; y < 0.85F; y += 0.075F) {
    windows.box({left + width / 2, y}, width * 0.38F, 0.017F);
  }
  Shape gaps;
  for (const float x : {-0.13F, 0.13F}) {
    gaps.box({left + width * (0.5F + x), 0.5F}, width * 0.045F, 0.5F);
  }
  paint(windows.without(gaps), flat(rgb(255, 238, 165)));
}

void Scene::sky() {
  canvas_.fill(rgb(84, 172, 250), rgb(140, 206, 255), rgb(205, 236, 255));
  cloud({0.14F + 0.1F * vary_, 0.17F}, 0.11F, {1, 1, 1});
  cloud({0.9F - 0.12F * vary_, 0.27F}, 0.1F, {1, 1, 1});
  cloud({0.62F + 0.3F * vary_, 0.06F}, 0.07F, {1, 1, 1});
  cloud({0.06F - 0.06F * vary_, 0.55F}, 0.09F, {1, 1, 1});
  hill(0.9F - 0.2F * vary_, 0.79F, 0.75F, rgb(112, 196, 96), rgb(70, 160, 70));
  hill(0.15F + 0.2F * vary_, 0.84F, 0.9F, rgb(146, 216, 100), rgb(96, 184, 78));
}

void Scene::night() {
  canvas_.fill(rgb(12, 16, 58), rgb(28, 36, 100), rgb(62, 62, 140));
  spots(22, 0.75F, 0.0075F, rgb(255, 250, 215));
  const Point moon{0.83F - 0.04F * vary_, 0.15F};
  paint(Shape().circle(moon, 0.1F), glow(rgb(200, 200, 255), 26, 0.35F));
  paint(Shape()
            .circle(moon, 0.085F)
            .without(Shape().circle({moon.x - 0.045F, moon.y - 0.02F}, 0.075F)),
        flat(rgb(255, 240, 170)));
  hill(0.8F - 0.2F * vary_, 0.8F, 0.7F, rgb(38, 44, 98), rgb(24, 28, 68));
  hill(0.2F + 0.2F * vary_, 0.85F, 0.9F, rgb(28, 34, 78), rgb(16, 19, 50));
}

void Scene::forest() {
  canvas_.fill(rgb(196, 226, 158), rgb(152, 200, 120), rgb(98, 156, 76));
  const float shift = 0.08F * vary_;
  for (int i = 0; i < 5; ++i) {
    const float x = 0.04F + 0.23F * static_cast<float>(i) - shift;
    paint(Shape().stroke({x, 0.85F}, {x, 0.1F}, 0.022F, 0.018F), flat(rgb(120, 150, 88)));
  }
  paint(Shape()
            .box({0.5F, 0.0F}, 0.6F, 0.1F)
            .circle({0.2F + shift, 0.06F}, 0.13F)
            .circle({0.5F, 0.02F}, 0.14F)
            .circle({0.85F - shift, 0.07F}, 0.13F),
        scenery(rgb(62, 132, 62)));
  hill(0.5F, 0.8F, 1.1F, rgb(104, 160, 70), rgb(70, 116, 50));
  round_tree({0.1F - shift, 0.84F}, 0.52F, rgb(44, 124, 58));
  round_tree({0.9F + shift, 0.83F}, 0.56F, rgb(56, 140, 60));
  round_tree({0.3F + shift, 0.82F}, 0.3F, rgb(78, 156, 70));
  round_tree({0.7F - shift, 0.82F}, 0.3F, rgb(70, 148, 66));
}

void Scene::beach() {
  canvas_.fill(rgb(112, 206, 252), rgb(190, 234, 255), rgb(230, 245, 255));
  sun({0.13F + 0.06F * vary_, 0.14F}, 0.085F, rgb(255, 226, 90));
  cloud({0.75F - 0.2F * vary_, 0.1F}, 0.08F, {1, 1, 1});
  const float shore = 0.74F + 0.03F * vary_;
  paint(Shape().box({0.5F, 0.75F}, 0.6F, 0.23F),
        gradient(rgb(20, 130, 196), 0.52F, rgb(82, 206, 216), shore));
  hill(0.45F, shore - 0.015F, 1.4F, {1, 1, 1}, {1, 1, 1});
  hill(0.45F, shore + 0.005F, 1.4F, rgb(250, 222, 160), rgb(236, 196, 124));
  palm({0.87F + 0.05F * vary_, 0.8F});
}

void Scene::snow() {
  canvas_.fill(rgb(168, 188, 214), rgb(204, 216, 232), rgb(232, 238, 246));
  hill(0.85F - 0.2F * vary_, 0.66F, 0.7F, rgb(238, 244, 252), rgb(214, 226, 242));
  for (const float x : {0.08F, 0.24F, 0.8F, 0.94F}) {
    pine({x + 0.06F * (vary_ - 0.5F), 0.8F}, 0.3F + 0.1F * std::abs(x - 0.5F), rgb(70, 116, 112),
         {1, 1, 1});
  }
  hill(0.3F + 0.2F * vary_, 0.79F, 1.0F, rgb(252, 254, 255), rgb(220, 232, 246));
  spots(30, 0.95F, 0.0115F, {1, 1, 1});
}

void Scene::sunset() {
  canvas_.fill(rgb(98, 52, 140), rgb(240, 110, 90), rgb(255, 196, 92));
  const float x = 0.22F + 0.1F * vary_;
  sun({x, 0.66F}, 0.15F, rgb(255, 232, 130));
  cloud({0.78F - 0.1F * vary_, 0.2F}, 0.12F, rgb(236, 128, 140));
  cloud({0.1F + 0.1F * vary_, 0.3F}, 0.1F, rgb(250, 150, 120));
  hill(0.85F - 0.2F * vary_, 0.73F, 0.6F, rgb(128, 56, 104), rgb(90, 36, 84));
  hill(0.2F + 0.2F * vary_, 0.81F, 0.9F, rgb(92, 42, 92), rgb(58, 26, 66));
}

void Scene::city() {
  canvas_.fill(rgb(150, 178, 206), rgb(190, 206, 222), rgb(214, 222, 230));
  const float shift = 0.06F * vary_;
  const Rgb far = rgb(150, 168, 192);
  for (int i = 0; i < 6; ++i) {
    const float x = 0.18F * static_cast<float>(i) - shift;
    paint(Shape().box({x, 0.75F}, 0.06F, 0.5F - 0.14F * scatter(i)), flat(far));
  }
  house(-0.06F + shift, 0.2F, 0.22F, rgb(96, 112, 140));
  house(0.16F + shift, 0.17F, 0.4F, rgb(116, 130, 156));
  house(0.83F - shift, 0.22F, 0.16F, rgb(88, 104, 134));
  house(0.66F - shift, 0.16F, 0.36F, rgb(122, 136, 164));
  Paint road = scenery(rgb(128, 130, 140));
  paint(Shape().box({0.5F, 0.95F}, 0.6F, 0.11F), road);
  paint(Shape().box({0.5F, 0.86F}, 0.6F, 0.02F), scenery(rgb(190, 190, 196)));
}

void Scene::draw(int kind) {
  switch (kind) {
    case background::White:
      return canvas_.fill({1, 1, 1}, {1, 1, 1}, rgb(250, 250, 252), 0.06F);
    case background::Grey:
      return canvas_.fill(rgb(158, 158, 160), rgb(152, 152, 154), rgb(140, 140, 143), 0.25F);
    case background::Pink:
      return canvas_.fill(rgb(255, 196, 216), rgb(255, 186, 208), rgb(252, 172, 198), 0.12F);
    case background::Sky:
      return sky();
    case background::Night:
      return night();
    case background::Forest:
      return forest();
    case background::Beach:
      return beach();
    case background::Snow:
      return snow();
    case background::Sunset:
      return sunset();
    default:
      return city();
  }
}

}  // namespace

Paint scenery(Rgb color) {
  Paint paint{color};
  paint.line = 0.9F;
  paint.line_color = darker(color, 0.3F);
  paint.shade = 0;
  return paint;
}

void draw_background(Canvas& canvas, const Drawing& drawing) {
  Scene(canvas, drawing.placement).draw(drawing.look[Attribute::Background]);
}

}  // namespace ptravel::train
