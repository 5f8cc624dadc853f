#include <cmath>
#include <vector>

#include "pictures_parts.h"

namespace ptravel::train {
namespace {

constexpr Rgb kHair[] = {rgb(42, 38, 50),   rgb(126, 74, 42),  rgb(250, 218, 98),
                         rgb(206, 28, 40),  rgb(246, 130, 28), rgb(252, 138, 190),
                         rgb(138, 62, 194), rgb(34, 72, 204),  rgb(138, 220, 250),
                         rgb(52, 168, 76),  rgb(248, 248, 255)};
constexpr Rgb kEyes[] = {rgb(226, 36, 48), rgb(36, 104, 240), rgb(36, 176, 72),
                         rgb(150, 84, 36), rgb(158, 60, 216), rgb(250, 208, 30)};
constexpr Rgb kClothes[] = {rgb(222, 44, 54),  rgb(48, 108, 226), rgb(58, 170, 84),
                            rgb(252, 214, 60), rgb(146, 72, 204), rgb(48, 46, 58)};
constexpr Rgb kTrousers = rgb(62, 64, 90);
constexpr Rgb kShoes = rgb(74, 44, 40);
constexpr Rgb kSteel = rgb(168, 174, 186);

constexpr float kFlightTilt = 0.4F;

// A rounded limb, softly shaded.
Paint limb(Rgb color) {
  Paint paint{color};
  paint.depth = 0.014F;
  return paint;
}

Point polar(Point from, float angle, float length) {
  return {from.x + length * std::sin(angle), from.y + length * std::cos(angle)};
}

void place_legs(Limbs& limbs, int pose, float phase) {
  const float s = std::sin(phase);
  const float c = std::cos(phase);
  limbs.hip = {Point{-0.045F, 0.25F}, Point{0.045F, 0.25F}};
  if (pose == pose::Running) {
    limbs.knee = {polar(limbs.hip[0], -0.75F - 0.2F * c, 0.075F),
                  polar(limbs.hip[1], 0.95F + 0.2F * s, 0.075F)};
    limbs.ankle = {polar(limbs.knee[0], -1.45F - 0.2F * s, 0.08F),
                   polar(limbs.knee[1], 0.4F + 0.25F * c, 0.08F)};
  } else if (pose == pose::Flying) {
    limbs.hip = {Point{-0.04F, 0.25F}, Point{0.04F, 0.25F}};
    limbs.knee = {Point{-0.05F, 0.32F}, Point{0.028F, 0.325F}};
    limbs.ankle = {Point{-0.07F - 0.01F * s, 0.385F}, Point{0.0F + 0.01F * s, 0.4F}};
  } else {
    limbs.knee = {Point{-0.047F, 0.32F}, Point{0.047F, 0.32F}};
    limbs.ankle = {Point{-0.05F, 0.385F}, Point{0.05F, 0.385F}};
  }
}

void place_arms(Limbs& limbs, int pose, float phase, bool wand) {
  const float s = std::sin(phase);
  limbs.shoulder = {Point{-0.07F, 0.12F}, Point{0.07F, 0.12F}};
  limbs.elbow = {Point{-0.115F, 0.168F}, Point{0.115F, 0.168F}};
  limbs.hand = {Point{-0.142F - 0.008F * s, 0.225F}, Point{0.142F + 0.008F * s, 0.225F}};
  if (pose == pose::Running) {
    limbs.elbow = {Point{-0.13F, 0.16F}, Point{0.12F, 0.175F}};
    limbs.hand = {Point{-0.17F, 0.205F + 0.012F * s}, Point{0.178F, 0.135F + 0.012F * s}};
  } else if (pose == pose::Flying) {
    limbs.elbow = {Point{-0.11F, 0.18F}, Point{0.16F, 0.085F}};
    limbs.hand = {Point{-0.135F, 0.24F}, Point{0.25F, 0.02F + 0.01F * s}};
  }
  if (wand && pose != pose::Flying) {
    limbs.elbow[1] = {0.13F, 0.165F};
    limbs.hand[1] = {0.195F, 0.125F + 0.01F * s};
  }
}

void draw_foot(Figure& figure, int side, bool shoe, Rgb color) {
  const Point ankle = figure.limbs.ankle[side];
  const Point knee = figure.limbs.knee[side];
  const bool standing = figure[Attribute::Pose] == pose::Standing;
  const float out = standing ? (side == 0 ? -1.0F : 1.0F) : 1.0F;
  const float angle = std::atan2(-(ankle.x - knee.x), ankle.y - knee.y);
  const Frame foot = figure.body.inside(ankle, standing ? 0 : angle);
  const Point center{out * 0.012F, 0.012F};
  const Paint paint = limb(color);
  if (figure[Attribute::Subject] == subject::Robot) {
    return figure.canvas.paint(foot, Shape().box(center, 0.046F, 0.028F, 0.012F), paint);
  }
  figure.canvas.paint(foot, Shape().ellipse(center, 0.046F, 0.028F), paint);
  if (shoe) {
    figure.canvas.paint(
        foot, Shape().ellipse(center, 0.046F, 0.028F).within(Shape().box({0, 0.04F}, 0.1F, 0.014F)),
        flat(rgb(238, 232, 226)));
    return;
  }
  for (const float toe : {0.012F, 0.026F}) {
    const float x = center.x + out * toe;
    figure.canvas.paint(foot, Shape().stroke({x, 0.02F}, {x, 0.034F}, 0.0025F, 0.0025F),
                        flat(darker(color, 0.85F)));
  }
}

void draw_leg(Figure& figure, int side) {
  const Limbs& at = figure.limbs;
  const bool shoe = figure.is_person() && figure[Attribute::Feet] == feet::Shoes;
  const int who = figure[Attribute::Subject];
  const Rgb leg = who == subject::Boy    ? kTrousers
                  : who == subject::Girl ? figure.skin
                  : who == subject::Cat  ? figure.hair
                                         : kSteel;
  const float width = who == subject::Boy ? 0.037F : who == subject::Girl ? 0.028F : 0.034F;
  const Rgb foot = who == subject::Cat     ? lighter(figure.hair, 0.35F)
                   : who == subject::Robot ? figure.hair
                   : shoe                  ? kShoes
                                           : figure.skin;
  if (who == subject::Boy) {  // Skin between the trousers and the foot.
    figure.paint(Shape().path({at.knee[side], at.ankle[side]}, 0.026F, 0.024F), limb(figure.skin));
    draw_foot(figure, side, shoe, foot);
    const Point cuff = {at.knee[side].x + 0.55F * (at.ankle[side].x - at.knee[side].x),
                        at.knee[side].y + 0.55F * (at.ankle[side].y - at.knee[side].y)};
    figure.paint(Shape().path({at.hip[side], at.knee[side], cuff}, width, 0.034F), limb(leg));
    return;
  }
  figure.paint(Shape().path({at.hip[side], at.knee[side], at.ankle[side]}, width, 0.026F),
               limb(leg));
  if (who == subject::Girl && shoe) {  // A sock.
    const Point top = {(at.knee[side].x + at.ankle[side].x) / 2,
                       (at.knee[side].y + at.ankle[side].y) / 2};
    figure.paint(Shape().path({top, at.ankle[side]}, 0.028F, 0.027F), {rgb(250, 250, 252)});
  }
  draw_foot(figure, side, shoe, foot);
}

void draw_shirt(Figure& figure) {
  figure.paint(Shape().box({0, 0.255F}, 0.072F, 0.03F, 0.025F), {kTrousers});
  figure.paint(
      Shape().polygon({{-0.07F, 0.1F}, {0.07F, 0.1F}, {0.075F, 0.24F}, {-0.075F, 0.24F}}, 0.012F),
      {figure.clothes});
  Paint collar{lighter(figure.clothes, 0.75F)};
  collar.shade = 0;
  figure.paint(Shape().polygon({{-0.05F, 0.085F}, {0, 0.085F}, {-0.022F, 0.125F}}, 0.003F), collar);
  figure.paint(Shape().polygon({{0.05F, 0.085F}, {0, 0.085F}, {0.022F, 0.125F}}, 0.003F), collar);
}

void draw_dress(Figure& figure) {
  const float blow = 0.35F * figure.wind;
  const Shape skirt = Shape().polygon({{-0.06F, 0.1F},
                                       {0.06F, 0.1F},
                                       {0.132F - blow, 0.295F},
                                       {0.07F - blow, 0.315F},
                                       {-0.07F - blow, 0.315F},
                                       {-0.132F - blow, 0.295F}},
                                      0.012F);
  figure.paint(skirt, {figure.clothes});
  Shape trim = skirt;
  Paint light{lighter(figure.clothes, 0.75F)};
  light.shade = 0;
  light.line_color = darker(figure.clothes, 0.8F);
  figure.paint(trim.within(Shape().box({-blow, 0.335F}, 0.2F, 0.042F)), light);
  figure.paint(Shape().stroke({-0.068F, 0.185F}, {0.068F, 0.185F}, 0.012F, 0.012F), light);
  figure.paint(Shape().polygon({{-0.045F, 0.09F}, {0.045F, 0.09F}, {0, 0.13F}}, 0.006F),
               {rgb(252, 250, 250)});
}

void draw_robot_body(Figure& figure) {
  figure.paint(Shape().box({0, 0.09F}, 0.035F, 0.03F), {kSteel});
  figure.paint(Shape().box({0, 0.185F}, 0.1F, 0.09F, 0.025F), {figure.hair});
  figure.paint(Shape().box({0, 0.195F}, 0.065F, 0.05F, 0.012F), {lighter(kSteel, 0.4F)});
  const Rgb lamps[] = {rgb(240, 70, 70), rgb(250, 210, 70), rgb(80, 200, 110)};
  float x = -0.036F;
  for (const Rgb lamp : lamps) {
    Paint paint{lamp};
    paint.line = 0.8F;
    figure.paint(Shape().circle({x, 0.178F}, 0.012F), paint);
    x += 0.036F;
  }
  figure.paint(Shape().box({0, 0.213F}, 0.045F, 0.006F, 0.004F), flat(rgb(80, 84, 96)));
  figure.paint(Shape().box({0, 0.228F}, 0.045F, 0.006F, 0.004F), flat(rgb(80, 84, 96)));
}

void draw_long_hair(Figure& figure) {
  const float wind = figure.wind;
  figure.paint_head(Shape()
                        .stroke({-0.14F, -0.03F}, {-0.2F - wind, 0.32F}, 0.1F, 0.055F)
                        .stroke({0.14F, -0.03F}, {0.2F - wind, 0.32F}, 0.1F, 0.055F)
                        .stroke({0, -0.03F}, {-wind, 0.32F}, 0.2F, 0.1F)
                        .blend(0.03F),
                    {darker(figure.hair, 0.22F)});
}

void draw_twintails(Figure& figure) {
  const float wind = figure.wind;
  for (const float side : {-1.0F, 1.0F}) {
    const Point tie{side * 0.22F, -0.1F};
    const Point upper{side * 0.315F - 0.3F * wind, 0.0F};
    const Point lower{side * 0.32F - 0.7F * wind, 0.14F};
    const Point tip{side * 0.27F - wind, 0.28F};
    figure.paint_head(Shape()
                          .stroke(tie, upper, 0.045F, 0.075F)
                          .stroke(upper, lower, 0.075F, 0.055F)
                          .stroke(lower, tip, 0.055F, 0.006F)
                          .blend(0.03F),
                      {figure.hair});
    figure.paint_head(Shape().circle({side * 0.215F, -0.11F}, 0.034F), {rgb(240, 84, 120)});
  }
}

void draw_spikes(Figure& figure) {
  for (const float angle : {1.95F, -1.95F, 1.5F, -1.5F, 1.05F, -1.05F, 0.62F, -0.62F, 0.2F}) {
    if (figure.has(Attribute::WitchHat) && std::abs(angle) < 1.4F) {
      continue;  // Under the hat.
    }
    const float reach = 0.335F - 0.015F * std::cos(3 * angle);
    const float s = std::sin(angle);
    const float c = std::cos(angle);
    figure.paint_head(Shape().stroke({0.1F * s, -0.03F - 0.08F * c},
                                     {reach * s - 0.4F * figure.wind, -0.02F - 0.95F * reach * c},
                                     0.105F, 0.003F),
                      {figure.hair});
  }
}

}  // namespace

bool Figure::is_person() const {
  return look[Attribute::Subject] == subject::Boy || look[Attribute::Subject] == subject::Girl;
}

Figure::Figure(Canvas& target, const Drawing& drawing)
    : canvas(target), look(drawing.look), place(drawing.placement) {
  const int pose = look[Attribute::Pose];
  const bool flying = pose == pose::Flying;
  const bool child = look.has(Attribute::Child);
  const float tilt = place.tilt + (flying ? kFlightTilt : 0);
  body = Frame::picture(canvas.size())
             .inside({0.5F + place.shift_x, 0.5F + place.shift_y}, tilt, place.scale);
  head = body.inside({0, child ? -0.12F : -0.11F}, place.head_tilt - (flying ? 0.75F : 0.5F) * tilt,
                     child ? 1.15F : 1.0F);
  wind = flying ? 0.1F : pose == pose::Running ? 0.06F : 0;
  const float phase = kTurn * place.stride;
  place_legs(limbs, pose, phase);
  place_arms(limbs, pose, phase, look.has(Attribute::Wand));
  hair = kHair[look[Attribute::HairColor]];
  hair = place.hair_shade < 0.5F ? darker(hair, 0.12F * (1 - 2 * place.hair_shade))
                                 : lighter(hair, 0.12F * (2 * place.hair_shade - 1));
  eyes = kEyes[look[Attribute::EyeColor]];
  skin = mix(rgb(255, 228, 206), rgb(226, 172, 132), place.skin);
  clothes = kClothes[look[Attribute::ClothesColor]];
}

void draw_tail(Figure& figure) {
  if (figure[Attribute::Subject] != subject::Cat) {
    return;
  }
  const float sway = 0.02F * std::sin(kTurn * figure.place.stride);
  figure.paint(Shape()
                   .path({{-0.04F, 0.27F},
                          {-0.13F, 0.3F},
                          {-0.2F, 0.26F},
                          {-0.215F + sway, 0.19F},
                          {-0.25F + sway, 0.13F}},
                         0.026F, 0.024F)
                   .blend(0.02F),
               {figure.hair});
}

void draw_legs(Figure& figure) {
  draw_leg(figure, 0);
  draw_leg(figure, 1);
}

void draw_torso(Figure& figure) {
  switch (figure[Attribute::Subject]) {
    case subject::Boy:
      return draw_shirt(figure);
    case subject::Girl:
      return draw_dress(figure);
    case subject::Robot:
      return draw_robot_body(figure);
    default:
      figure.paint(Shape().stroke({0, 0.14F}, {0, 0.23F}, 0.075F, 0.09F), {figure.hair});
      figure.paint(Shape().ellipse({0, 0.2F}, 0.055F, 0.075F),
                   glow(lighter(figure.hair, 0.6F), 4, 1));
  }
}

void draw_arm(Figure& figure, int side) {
  const Limbs& at = figure.limbs;
  const std::vector<Point> line = {at.shoulder[side], at.elbow[side], at.hand[side]};
  const int who = figure[Attribute::Subject];
  if (who == subject::Robot) {
    figure.paint(Shape().path(line, 0.02F, 0.02F), limb(kSteel));
    figure.paint(Shape().circle(at.hand[side], 0.031F), {figure.hair});
    figure.paint(Shape().circle(at.shoulder[side], 0.03F), {figure.hair});
    return;
  }
  const Rgb color = who == subject::Cat ? figure.hair : figure.skin;
  figure.paint(Shape().path(line, 0.027F, 0.024F).circle(at.hand[side], 0.028F), limb(color));
  if (who == subject::Cat) {
    figure.paint(Shape().circle(at.hand[side], 0.026F), limb(lighter(figure.hair, 0.35F)));
    return;
  }
  const Point cuff = {at.shoulder[side].x + 0.75F * (at.elbow[side].x - at.shoulder[side].x),
                      at.shoulder[side].y + 0.75F * (at.elbow[side].y - at.shoulder[side].y)};
  figure.paint(Shape().stroke(at.shoulder[side], cuff, 0.036F, 0.038F), {figure.clothes});
}

void draw_back_hair(Figure& figure) {
  if (!figure.is_person()) {
    return;
  }
  switch (figure[Attribute::HairStyle]) {
    case hair_style::Long:
      return draw_long_hair(figure);
    case hair_style::Twintails:
      return draw_twintails(figure);
    case hair_style::Spiky:
      return draw_spikes(figure);
    default:
      return;
  }
}

}  // namespace ptravel::train
