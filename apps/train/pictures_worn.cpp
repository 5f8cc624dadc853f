#include <cmath>

#include "pictures_parts.h"

namespace ptravel::train {
namespace {

constexpr Rgb kGold = rgb(252, 200, 50);
constexpr Rgb kInk = rgb(40, 30, 44);
constexpr Rgb kCloak[] = {rgb(200, 30, 44), rgb(40, 84, 200), rgb(36, 132, 70), rgb(124, 52, 180),
                          rgb(40, 38, 50)};
constexpr Rgb kBell[] = {rgb(255, 206, 40), rgb(226, 40, 48), rgb(44, 112, 236)};

Shape star(float radius) {
  Shape shape;
  for (int i = 0; i < 5; ++i) {
    const float angle = 1.2566F * static_cast<float>(i);
    const auto corner = [&](float turn, float reach) {
      return Point{reach * std::sin(angle + turn), -reach * std::cos(angle + turn)};
    };
    shape.polygon({corner(0, radius),
                   corner(0.75F, 0.48F * radius),
                   {0, 0.05F * radius},
                   corner(-0.75F, 0.48F * radius)});
  }
  return shape;
}

void draw_cat_ears(Figure& figure) {
  Paint inner{rgb(255, 186, 196)};
  inner.line = 0.9F;
  inner.shade = 0;
  for (const float side : {-1.0F, 1.0F}) {
    figure.paint_head(
        Shape().polygon({{side * 0.05F, -0.21F}, {side * 0.2F, -0.12F}, {side * 0.195F, -0.335F}},
                        0.012F),
        {figure.hair});
    figure.paint_head(
        Shape().polygon({{side * 0.105F, -0.21F}, {side * 0.18F, -0.16F}, {side * 0.178F, -0.288F}},
                        0.006F),
        inner);
  }
}

void draw_ribbon(Figure& figure) {
  const Frame frame = figure.head.inside({0.165F, -0.155F}, 0.5F);
  const Paint cloth{rgb(240, 44, 104)};
  for (const float side : {-1.0F, 1.0F}) {
    figure.canvas.paint(
        frame,
        Shape().polygon({{0, 0.01F}, {side * 0.03F, 0.085F}, {side * 0.065F, 0.07F}}, 0.006F),
        cloth);
    figure.canvas.paint(
        frame,
        Shape().polygon(
            {{0, -0.015F}, {0, 0.015F}, {side * 0.095F, 0.055F}, {side * 0.105F, -0.045F}}, 0.012F),
        cloth);
    figure.canvas.paint(
        frame, Shape().stroke({side * 0.03F, 0.002F}, {side * 0.07F, 0.006F}, 0.006F, 0.003F),
        flat(rgb(160, 16, 64)));
  }
  figure.canvas.paint(frame, Shape().box({0, 0}, 0.026F, 0.028F, 0.014F), {rgb(255, 96, 144)});
}

void draw_crown(Figure& figure) {
  const Frame frame = figure.head.inside({0, -0.205F});
  const Shape crown = Shape()
                          .box({0, 0.005F}, 0.112F, 0.026F, 0.004F)
                          .polygon({{-0.112F, 0.02F}, {-0.125F, -0.09F}, {-0.025F, 0.02F}})
                          .polygon({{0.112F, 0.02F}, {0.125F, -0.09F}, {0.025F, 0.02F}})
                          .polygon({{-0.06F, 0.02F}, {0, -0.115F}, {0.06F, 0.02F}});
  figure.canvas.paint(frame, crown, {kGold});
  for (const Point tip : {Point{-0.125F, -0.095F}, Point{0, -0.12F}, Point{0.125F, -0.095F}}) {
    figure.canvas.paint(frame, Shape().circle(tip, 0.015F), {rgb(255, 226, 110)});
  }
  Paint jewel{rgb(226, 40, 70)};
  jewel.line = 0.8F;
  figure.canvas.paint(frame, Shape().circle({0, -0.012F}, 0.018F), jewel);
  jewel.color = rgb(50, 120, 230);
  figure.canvas.paint(frame, Shape().circle({-0.068F, 0.0F}, 0.013F), jewel);
  figure.canvas.paint(frame, Shape().circle({0.068F, 0.0F}, 0.013F), jewel);
}

void draw_witch_hat(Figure& figure) {
  const Rgb felt = rgb(74, 44, 112);
  const Frame frame = figure.head.inside({0, -0.15F}, 0.05F);
  figure.canvas.paint(frame, Shape().ellipse({0, 0.01F}, 0.3F, 0.062F), {felt});
  figure.canvas.paint(frame,
                      Shape()
                          .path({{0, -0.01F}, {0.0F, -0.07F}}, 0.17F, 0.115F)
                          .stroke({0.0F, -0.07F}, {0.03F, -0.14F}, 0.115F, 0.055F)
                          .stroke({0.03F, -0.14F}, {0.12F, -0.185F}, 0.055F, 0.006F)
                          .blend(0.02F)
                          .within(Shape().ellipse({0, -0.2F}, 0.4F, 0.212F)),
                      {felt});
  figure.canvas.paint(frame.inside({0, -0.02F}),
                      Shape().stroke({-0.15F, 0}, {0.15F, 0}, 0.02F, 0.02F).bend(-1.2F),
                      {rgb(250, 150, 40)});
  Paint buckle{kGold};
  buckle.shade = 0;
  figure.canvas.paint(frame, Shape().box({0, -0.018F}, 0.026F, 0.024F).hollow(0.005F), buckle);
}

void draw_halo(Figure& figure) {
  const Frame frame = figure.head.inside({0, -0.29F});
  figure.canvas.paint(frame, Shape().ellipse({0, 0}, 0.14F, 0.04F).hollow(0.014F),
                      glow(rgb(255, 236, 130), 12, 0.7F));
  Paint ring{rgb(255, 222, 74)};
  ring.shade = 0.4F;
  ring.line_color = rgb(206, 140, 20);
  figure.canvas.paint(frame, Shape().ellipse({0, 0}, 0.14F, 0.04F).hollow(0.013F), ring);
}

void draw_headband(Figure& figure) {
  const Frame frame = figure.head.inside({0, -0.085F});
  figure.canvas.paint(frame, Shape().stroke({-0.212F, 0}, {0.212F, 0}, 0.019F, 0.019F).bend(-0.5F),
                      {kGold});
  for (const float x : {-0.16F, -0.1F, 0.1F, 0.16F}) {
    figure.canvas.paint(frame, Shape().box({x, -0.5F * x * x}, 0.012F, 0.014F, 0.002F),
                        flat(rgb(36, 84, 200)));
  }
  figure.canvas.paint(
      frame,
      Shape()
          .path({{0, 0.01F}, {0.018F, -0.025F}, {-0.012F, -0.055F}, {0.0F, -0.09F}}, 0.016F, 0.014F)
          .ellipse({0.004F, -0.095F}, 0.026F, 0.02F)
          .blend(0.01F),
      {rgb(255, 214, 70)});
  figure.canvas.paint(frame, Shape().circle({0.012F, -0.097F}, 0.0055F), flat(rgb(200, 20, 40)));
}

}  // namespace

void draw_wings(Figure& figure) {
  if (!figure.has(Attribute::Wings)) {
    return;
  }
  Paint feather{rgb(252, 253, 255)};
  feather.line_color = rgb(110, 124, 164);
  feather.shade = 0.35F;
  const float flap = 0.02F * std::sin(kTurn * figure.place.stride);
  const Point tips[] = {
      {0.27F, 0.24F}, {0.34F, 0.2F}, {0.39F, 0.13F}, {0.42F, 0.04F}, {0.42F, -0.07F}};
  for (const bool left : {false, true}) {
    const Frame frame = left ? figure.body.mirrored() : figure.body;
    float bone = 0.1F;
    for (const Point tip : tips) {
      figure.canvas.paint(frame,
                          Shape().stroke({bone, 0.13F - 0.3F * (bone - 0.1F)},
                                         {tip.x, tip.y + flap}, 0.036F, 0.044F),
                          feather);
      bone += 0.035F;
    }
    figure.canvas.paint(
        frame,
        Shape()
            .path({{0.05F, 0.16F}, {0.2F, 0.06F}, {0.33F, -0.06F + flap}}, 0.03F, 0.04F)
            .blend(0.02F),
        feather);
  }
}

void draw_cloak(Figure& figure) {
  if (!figure.has(Attribute::Cloak)) {
    return;
  }
  const float blow = figure.wind;
  const Rgb color = kCloak[figure[Attribute::CloakColor]];
  figure.paint(Shape().polygon({{-0.09F, 0.07F},
                                {0.09F, 0.07F},
                                {0.215F - blow, 0.33F},
                                {0.13F - blow, 0.36F},
                                {-0.13F - blow, 0.36F},
                                {-0.215F - 1.4F * blow, 0.33F}},
                               0.02F),
               {color});
  for (const float x : {-0.15F, 0.15F}) {
    figure.paint(Shape().stroke({x * 0.6F, 0.16F}, {x - 0.9F * blow, 0.345F}, 0.003F, 0.006F),
                 flat(darker(color, 0.5F)));
  }
}

void draw_cloak_clasp(Figure& figure) {
  if (!figure.has(Attribute::Cloak)) {
    return;
  }
  const Paint cloth{kCloak[figure[Attribute::CloakColor]]};
  for (const float side : {-1.0F, 1.0F}) {
    figure.paint(
        Shape()
            .path({{side * 0.012F, 0.1F}, {side * 0.075F, 0.105F}, {side * 0.118F, 0.165F}}, 0.03F,
                  0.022F)
            .blend(0.01F),
        cloth);
  }
  figure.paint(Shape().circle({0, 0.11F}, 0.02F), {kGold});
}

void draw_egyptian_collar(Figure& figure) {
  if (!figure.has(Attribute::Egyptian)) {
    return;
  }
  const Rgb blue = rgb(30, 84, 204);
  const Rgb bands[] = {kGold, blue, kGold, rgb(30, 170, 170), kGold};
  float size = 1;
  for (const Rgb band : bands) {
    Paint paint{band};
    paint.line = size == 1 ? 1.3F : 0.7F;
    figure.paint(Shape().ellipse({0, 0.085F}, 0.15F * size, 0.115F * size), paint);
    size -= 0.16F;
  }
}

void draw_bell_collar(Figure& figure) {
  if (!figure.has(Attribute::Bell)) {
    return;
  }
  Paint strap{rgb(240, 232, 226)};
  strap.shade = 0.3F;
  figure.canvas.paint(figure.body.inside({0, 0.1F}),
                      Shape().stroke({-0.085F, 0}, {0.085F, 0}, 0.015F, 0.015F).bend(-3), strap);
}

void draw_bell(Figure& figure) {
  if (!figure.has(Attribute::Bell)) {
    return;
  }
  const Rgb color = kBell[figure[Attribute::BellColor]];
  const Frame frame = figure.body.inside({0, 0.128F});
  figure.canvas.paint(frame, Shape().circle({0, 0}, 0.046F), {color});
  figure.canvas.paint(frame, Shape().stroke({-0.04F, 0}, {0.04F, 0}, 0.004F, 0.004F).bend(-5),
                      flat(darker(color, 0.8F)));
  figure.canvas.paint(
      frame, Shape().circle({0, 0.014F}, 0.009F).stroke({0, 0.014F}, {0, 0.036F}, 0.004F, 0.004F),
      flat(darker(color, 0.95F)));
  figure.canvas.paint(frame, Shape().circle({-0.016F, -0.02F}, 0.011F), flat({1, 1, 1}, 0.85F));
}

void draw_glasses(Figure& figure) {
  if (!figure.has(Attribute::Glasses)) {
    return;
  }
  const Rgb frame_color =
      figure[Attribute::Subject] == subject::Robot ? rgb(236, 236, 240) : rgb(28, 24, 34);
  const float y = figure[Attribute::Subject] == subject::Robot ? 0.012F : 0.036F;
  Paint rim = flat(frame_color);
  for (const float side : {-1.0F, 1.0F}) {
    figure.paint_head(Shape().circle({side * 0.085F, y}, 0.069F), flat({1, 1, 1}, 0.1F));
    figure.paint_head(Shape().circle({side * 0.085F, y}, 0.069F).hollow(0.0088F), rim);
    figure.paint_head(
        Shape().stroke({side * 0.152F, y - 0.01F}, {side * 0.2F, y - 0.02F}, 0.008F, 0.007F), rim);
  }
  figure.paint_head(Shape().stroke({-0.02F, y - 0.006F}, {0.02F, y - 0.006F}, 0.008F, 0.008F), rim);
}

void draw_headwear(Figure& figure) {
  if (figure.has(Attribute::Egyptian)) {
    draw_headband(figure);
  }
  if (figure.has(Attribute::CatEars)) {
    draw_cat_ears(figure);
  }
  if (figure.has(Attribute::Crown)) {
    draw_crown(figure);
  }
  if (figure.has(Attribute::WitchHat)) {
    draw_witch_hat(figure);
  }
  if (figure.has(Attribute::Ribbon)) {
    draw_ribbon(figure);
  }
  if (figure.has(Attribute::Halo)) {
    draw_halo(figure);
  }
}

void draw_wand(Figure& figure) {
  if (!figure.has(Attribute::Wand)) {
    return;
  }
  const Point hand = figure.limbs.hand[1];
  const Frame frame = figure.body.inside(hand, 0.5F);
  figure.canvas.paint(frame, Shape().stroke({0, 0.05F}, {0, -0.16F}, 0.0105F, 0.0105F),
                      {rgb(255, 130, 180)});
  const Frame tip = frame.inside({0, -0.18F}, -0.3F);
  figure.canvas.paint(tip, Shape().circle({0, 0}, 0.06F), glow(rgb(255, 240, 150), 12, 0.7F));
  figure.canvas.paint(tip, star(0.075F), {rgb(255, 220, 50)});
  figure.canvas.paint(tip, Shape().circle({-0.01F, -0.015F}, 0.01F), flat({1, 1, 1}, 0.8F));
}

}  // namespace ptravel::train
