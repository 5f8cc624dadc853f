#include <cmath>

#include "pictures_parts.h"

namespace ptravel::train {
namespace {

constexpr Rgb kInk = rgb(44, 28, 40);
constexpr Rgb kPinkInside = rgb(255, 186, 196);
constexpr Rgb kScreen = rgb(34, 40, 56);
constexpr Rgb kScreenLight = rgb(190, 245, 255);
constexpr Point kEye = {0.084F, 0.035F};

Shape skull() {
  return Shape()
      .ellipse({0, -0.01F}, 0.197F, 0.185F)
      .ellipse({0, 0.06F}, 0.187F, 0.118F)
      .blend(0.04F);
}

Shape cap() { return Shape().ellipse({0, -0.045F}, 0.226F, 0.212F); }

Paint thin(Rgb color) {
  Paint paint{color};
  paint.line = 0.9F;
  paint.shade = 0;
  return paint;
}

// A robot's mouth and brows light up on its screen; a pencil has no light.
bool glows(const Figure& figure) {
  return figure[Attribute::Subject] == subject::Robot &&
         figure[Attribute::Quality] != quality::Sketch;
}

void draw_cat_head(Figure& figure) {
  const Paint inner = thin(kPinkInside);
  for (const float side : {-1.0F, 1.0F}) {
    figure.paint_head(
        Shape().polygon({{side * 0.05F, -0.16F}, {side * 0.185F, -0.08F}, {side * 0.19F, -0.275F}},
                        0.014F),
        {figure.hair});
    figure.paint_head(
        Shape().polygon({{side * 0.095F, -0.16F}, {side * 0.17F, -0.11F}, {side * 0.175F, -0.235F}},
                        0.006F),
        inner);
  }
  figure.paint_head(Shape()
                        .ellipse({0, 0}, 0.215F, 0.18F)
                        .stroke({0.1F, 0.06F}, {0.235F, 0.1F}, 0.08F, 0.004F)
                        .stroke({-0.1F, 0.06F}, {-0.235F, 0.1F}, 0.08F, 0.004F)
                        .blend(0.02F),
                    {figure.hair});
  figure.paint_head(Shape().ellipse({0, 0.122F}, 0.088F, 0.056F),
                    glow(lighter(figure.hair, 0.8F), 3, 1));
  figure.paint_head(Shape().polygon({{-0.016F, 0.082F}, {0.016F, 0.082F}, {0, 0.096F}}, 0.006F),
                    thin(rgb(250, 120, 140)));
  for (const float side : {-1.0F, 1.0F}) {
    for (const float slope : {-0.025F, 0.0F, 0.025F}) {
      figure.paint_head(Shape().stroke({side * 0.15F, 0.1F + 0.6F * slope},
                                       {side * 0.265F, 0.095F + 1.8F * slope}, 0.004F, 0.002F),
                        flat(rgb(70, 62, 76)));
    }
  }
}

void draw_robot_head(Figure& figure) {
  figure.paint_head(Shape().stroke({0, -0.17F}, {0, -0.25F}, 0.01F, 0.01F), {rgb(150, 156, 170)});
  figure.paint_head(Shape().circle({0, -0.265F}, 0.027F), {rgb(255, 86, 70)});
  figure.paint_head(Shape().box({0, 0.01F}, 0.235F, 0.05F, 0.02F), {rgb(168, 174, 186)});
  figure.paint_head(Shape().box({0, -0.005F}, 0.212F, 0.178F, 0.055F), {figure.hair});
  Paint shine = flat({1, 1, 1}, 0.35F);
  figure.paint_head(Shape().box({-0.05F, -0.155F}, 0.1F, 0.009F, 0.009F), shine);
  for (const float x : {-0.188F, 0.188F}) {
    for (const float y : {-0.13F, 0.13F}) {
      figure.paint_head(Shape().circle({x * 0.96F, y}, 0.011F), thin(rgb(214, 218, 228)));
    }
  }
  figure.paint_head(Shape().box({0, 0.03F}, 0.168F, 0.122F, 0.035F), {kScreen});
}

void draw_robot_eye(Figure& figure, float side, float open) {
  const Point at{side * kEye.x + 0.01F * figure.place.gaze_x,
                 kEye.y - 0.025F + 0.008F * figure.place.gaze_y};
  figure.paint_head(Shape().box(at, 0.044F, 0.042F * open, 0.015F), glow(figure.eyes, 8, 0.75F));
  figure.paint_head(Shape().box(at, 0.042F, 0.042F * open, 0.014F), flat(figure.eyes));
  figure.paint_head(Shape().box({at.x - 0.016F, at.y - 0.018F * open}, 0.012F, 0.01F, 0.003F),
                    flat(lighter(figure.eyes, 0.85F)));
}

struct EyeShape {
  float width = 0.04F;
  float height = 0.053F;
};

void draw_iris(Figure& figure, const Frame& frame, const Shape& eye, EyeShape size) {
  const float small = figure[Attribute::Expression] == expression::Surprised ? 0.85F : 1.0F;
  const Point at{0.006F * figure.place.gaze_x, 0.004F + 0.006F * figure.place.gaze_y};
  const float width = size.width * 0.92F * small;
  const float height = size.height * 0.95F * small;
  Shape iris = Shape().ellipse(at, width, height).within(eye);
  Paint paint = gradient(darker(figure.eyes, 0.3F), at.y - height, lighter(figure.eyes, 0.12F),
                         at.y + height * 0.7F);
  paint.line = 0.7F;
  paint.line_color = darker(figure.eyes, 0.75F);
  figure.canvas.paint(frame, iris, paint);
  figure.canvas.paint(frame, Shape().ellipse({at.x, at.y - 0.002F}, 0.28F * width, 0.34F * height),
                      flat(darker(figure.eyes, 0.95F)));
  figure.canvas.paint(frame, Shape().circle({at.x - 0.4F * width, at.y - 0.42F * height}, 0.0115F),
                      flat({1, 1, 1}));
  figure.canvas.paint(frame, Shape().circle({at.x + 0.4F * width, at.y + 0.45F * height}, 0.005F),
                      flat({1, 1, 1}, 0.9F));
}

// The inner end of the lid of an angry eye is lower, that of a sad one higher.
float lid_slope(const Figure& figure) {
  const int mood = figure[Attribute::Expression];
  return mood == expression::Angry ? 0.45F : mood == expression::Frown ? -0.4F : 0.0F;
}

EyeShape eye_shape(const Figure& figure) {
  EyeShape size;
  if (figure.has(Attribute::Child)) {
    size = {0.044F, 0.058F};
  }
  if (figure[Attribute::Expression] == expression::Surprised) {
    size = {size.width * 1.05F, size.height * 1.08F};
  }
  return size;
}

// In a frame whose x goes outwards.
void draw_lashes(Figure& figure, const Frame& frame, EyeShape size, float lid, float top) {
  if (lid != 0) {
    const float x = size.width * 1.15F;
    figure.canvas.paint(
        frame, Shape().stroke({-x, top + lid * x}, {x, top - lid * x}, 0.009F, 0.009F), flat(kInk));
  } else {
    figure.canvas.paint(
        frame.inside({0, top}),
        Shape().stroke({-size.width, 0}, {size.width * 1.1F, 0}, 0.008F, 0.01F).bend(14),
        flat(kInk));
  }
  if (figure[Attribute::Subject] != subject::Girl) {
    return;
  }
  for (const float y : {-0.03F, -0.013F}) {
    figure.canvas.paint(
        frame,
        Shape().stroke({size.width * 0.8F, y}, {size.width * 1.5F, y - 0.012F}, 0.007F, 0.002F),
        flat(kInk));
  }
}

void draw_eye(Figure& figure, float side) {
  const Frame frame = figure.head.inside({side * kEye.x, kEye.y});
  const EyeShape size = eye_shape(figure);
  const float lid = lid_slope(figure);
  const float top = lid == 0 ? -size.height : -size.height * 0.62F;
  Shape eye = Shape().ellipse({0, 0}, size.width, size.height);
  if (lid != 0) {
    eye.within(Shape().box({0, top + 0.1F}, 0.2F, 0.1F, 0, -side * lid));
  }
  Paint white = thin({1, 1, 1});
  white.line_color = kInk;
  figure.canvas.paint(frame, eye, white);
  draw_iris(figure, frame, eye, size);
  draw_lashes(figure, side < 0 ? frame.mirrored() : frame, size, lid, top);
}

Point mouth_place(const Figure& figure) {
  switch (figure[Attribute::Subject]) {
    case subject::Cat:
      return {0, 0.122F};
    case subject::Robot:
      return {0, 0.098F};
    default:
      return {0, 0.118F};
  }
}

void draw_open_mouth(Figure& figure, const Frame& frame, const Paint& paint) {
  const Shape lip = Shape().box({0, 0.05F}, 0.1F, 0.066F);
  figure.canvas.paint(frame, Shape().ellipse({0, -0.022F}, 0.054F, 0.066F).within(lip), paint);
  figure.canvas.paint(frame,
                      Shape()
                          .ellipse({0, 0.042F}, 0.03F, 0.02F)
                          .within(Shape().ellipse({0, -0.022F}, 0.05F, 0.06F)),
                      flat(rgb(250, 130, 140)));
}

void draw_teeth(Figure& figure, const Frame& frame, Rgb line) {
  Paint teeth = thin({1, 1, 1});
  teeth.line = 1.2F;
  teeth.line_color = line;
  figure.canvas.paint(frame, Shape().box({0, 0.012F}, 0.04F, 0.014F, 0.008F), teeth);
  figure.canvas.paint(frame, Shape().stroke({-0.038F, 0.012F}, {0.038F, 0.012F}, 0.003F, 0.003F),
                      flat(glows(figure) ? kScreen : kInk));
}

// The spikes that stand up in front; the cap's upper edge is under them.
void draw_front_spikes(Figure& figure) {
  const float wind = 0.3F * figure.wind;
  for (const float angle : {1.25F, -1.25F, 0.8F, -0.8F, 0.35F, -0.4F}) {
    const float s = std::sin(angle);
    const float c = std::cos(angle);
    figure.paint_head(Shape()
                          .stroke({0.1F * s, -0.06F - 0.08F * c},
                                  {0.285F * s - wind, -0.04F - 0.275F * c}, 0.075F, 0.003F)
                          .within(Shape().box({0, -0.31F}, 0.5F, 0.27F)),
                      flat(figure.hair));
  }
}

}  // namespace

void draw_head(Figure& figure) {
  if (figure[Attribute::Subject] == subject::Cat) {
    return draw_cat_head(figure);
  }
  if (figure[Attribute::Subject] == subject::Robot) {
    return draw_robot_head(figure);
  }
  figure.paint_head(cap(), {darker(figure.hair, 0.2F)});
  for (const float side : {-1.0F, 1.0F}) {
    figure.paint_head(Shape().ellipse({side * 0.198F, 0.045F}, 0.03F, 0.042F), {figure.skin});
  }
  figure.paint_head(skull(), {figure.skin});
  const bool child = figure.has(Attribute::Child);
  const float blush = child ? 0.95F : figure[Attribute::Subject] == subject::Girl ? 0.5F : 0.15F;
  const float cheek = child ? 1.5F : 1.0F;
  for (const float side : {-1.0F, 1.0F}) {
    figure.paint_head(Shape().ellipse({side * 0.135F, 0.1F}, 0.03F * cheek, 0.017F * cheek),
                      glow(rgb(255, 110, 120), 4, blush));
  }
  figure.paint_head(Shape().circle({0, 0.082F}, 0.005F), flat(darker(figure.skin, 0.4F)));
}

void draw_eyes(Figure& figure) {
  const int mood = figure[Attribute::Expression];
  for (const float side : {-1.0F, 1.0F}) {
    if (figure[Attribute::Subject] == subject::Robot) {
      draw_robot_eye(figure, side, mood == expression::Surprised ? 1.15F : 1.0F);
    } else {
      draw_eye(figure, side);
    }
  }
}

void draw_mouth(Figure& figure) {
  const bool robot = figure[Attribute::Subject] == subject::Robot;
  const Rgb line = glows(figure) ? kScreenLight : kInk;
  const Frame frame = figure.head.inside(mouth_place(figure));
  Paint inside{robot ? rgb(255, 120, 130) : rgb(190, 34, 48)};
  inside.line_color = line;
  inside.shade = 0;
  const auto curve = [&](float half, float end, float bend) {
    figure.canvas.paint(
        frame, Shape().stroke({-half, end}, {half, end}, 0.0075F, 0.0075F).bend(bend), flat(line));
  };
  switch (figure[Attribute::Expression]) {
    case expression::Smile:
      curve(0.05F, 0.012F, -12);
      break;
    case expression::OpenMouth:
      draw_open_mouth(figure, frame, inside);
      break;
    case expression::Frown:
      curve(0.045F, -0.002F, 13);
      break;
    case expression::Angry:
      draw_teeth(figure, frame, line);
      break;
    default:
      figure.canvas.paint(frame, Shape().ellipse({0, 0.016F}, 0.021F, 0.027F), inside);
  }
  if (robot && figure[Attribute::Expression] != expression::Surprised) {  // The grille.
    for (const float x : {-0.024F, 0.0F, 0.024F}) {
      figure.canvas.paint(frame, Shape().box({x, 0.01F}, 0.0025F, 0.03F),
                          flat(glows(figure) ? kScreen : Rgb{1, 1, 1}));
    }
  }
}

void draw_front_hair(Figure& figure) {
  if (!figure.is_person()) {
    return;
  }
  const bool falls = figure[Attribute::HairStyle] == hair_style::Long;
  const float wind = 0.3F * figure.wind;
  for (const float side : {-1.0F, 1.0F}) {
    const float end = falls ? 0.17F : 0.075F;
    figure.paint_head(
        Shape().stroke({side * 0.185F, -0.09F}, {side * 0.205F - wind, end}, 0.036F, 0.006F),
        {figure.hair});
  }
  Shape bangs = Shape()
                    .ellipse({0, -0.2F}, 0.27F, 0.125F)
                    .stroke({-0.12F, -0.14F}, {-0.187F, 0.035F}, 0.07F, 0.004F)
                    .stroke({0.05F, -0.16F}, {-0.085F, -0.015F}, 0.06F, 0.004F)
                    .stroke({0.06F, -0.16F}, {0.005F, -0.005F}, 0.06F, 0.004F)
                    .stroke({0.06F, -0.16F}, {0.095F, -0.015F}, 0.06F, 0.004F)
                    .stroke({0.12F, -0.14F}, {0.187F, 0.035F}, 0.07F, 0.004F)
                    .blend(0.012F)
                    .within(cap());
  Paint paint{figure.hair};
  figure.paint_head(bangs, paint);
  if (figure[Attribute::HairStyle] == hair_style::Spiky && !figure.has(Attribute::WitchHat)) {
    draw_front_spikes(figure);
  }
  const Rgb shine = lighter(figure.hair, 0.55F);
  figure.canvas.paint(figure.head.inside({0, -0.175F}),
                      Shape()
                          .stroke({-0.125F, 0}, {-0.02F, 0}, 0.006F, 0.011F)
                          .stroke({0.015F, 0}, {0.045F, 0}, 0.01F, 0.006F)
                          .bend(1.6F),
                      glow(shine, 2, 0.85F));
}

void draw_brows(Figure& figure) {
  const int mood = figure[Attribute::Expression];
  const bool robot = figure[Attribute::Subject] == subject::Robot;
  const float slope = mood == expression::Angry ? 0.42F : mood == expression::Frown ? -0.42F : 0;
  const float height = mood == expression::Surprised ? -0.062F
                       : mood == expression::Angry   ? -0.028F
                                                     : -0.04F;
  const float thick = mood == expression::Angry || mood == expression::Frown ? 0.0095F : 0.0065F;
  if (robot && slope == 0 && mood != expression::Surprised) {
    return;
  }
  for (const float side : {-1.0F, 1.0F}) {
    const Frame place = figure.head.inside({side * 0.088F, height});
    const Frame frame = side < 0 ? place.mirrored() : place;
    figure.canvas.paint(
        frame,
        Shape()
            .stroke({-0.038F, 0.038F * slope}, {0.036F, -0.036F * slope}, thick, thick * 0.7F)
            .bend(slope == 0 ? 8 : 0),
        flat(glows(figure) ? kScreenLight : mix(kInk, figure.hair, robot ? 0 : 0.12F)));
  }
}

}  // namespace ptravel::train
