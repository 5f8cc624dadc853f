#pragma once

#include <array>

#include "canvas.h"
#include "look.h"

namespace ptravel::train {

/// Where arms and legs are, in the figure's coordinates; the first is the one on the left.
struct Limbs {
  std::array<Point, 2> hip, knee, ankle;
  std::array<Point, 2> shoulder, elbow, hand;
};

/// All that the parts of a figure share. The figure's origin is the middle of the picture, the
/// head's the middle of the head; both frames measure in picture widths.
struct Figure {
  Figure(Canvas& canvas, const Drawing& drawing);

  void paint(const Shape& shape, const Paint& paint) { canvas.paint(body, shape, paint); }
  void paint_head(const Shape& shape, const Paint& paint) { canvas.paint(head, shape, paint); }
  int operator[](Attribute attribute) const { return look[attribute]; }
  bool has(Attribute attribute) const { return look.has(attribute); }
  bool is_person() const;

  Canvas& canvas;
  const Look& look;
  const Placement& place;
  Frame body;
  Frame head;
  Limbs limbs;
  float wind = 0;  ///< How far what is loose blows to the left.
  Rgb hair;
  Rgb eyes;
  Rgb skin;
  Rgb clothes;
};

/// A full turn, for what swings with a phase of 0..1.
inline constexpr float kTurn = 6.2831853F;

/// A colour with a soft outline, for what is far behind.
Paint scenery(Rgb color);

void draw_background(Canvas& canvas, const Drawing& drawing);

// The figure's parts, from the back to the front.
void draw_wings(Figure& figure);
void draw_cloak(Figure& figure);
void draw_back_hair(Figure& figure);
void draw_tail(Figure& figure);
void draw_legs(Figure& figure);
void draw_torso(Figure& figure);
void draw_arm(Figure& figure, int side);
void draw_egyptian_collar(Figure& figure);
void draw_cloak_clasp(Figure& figure);
void draw_head(Figure& figure);
void draw_eyes(Figure& figure);
void draw_mouth(Figure& figure);
void draw_front_hair(Figure& figure);
void draw_brows(Figure& figure);
void draw_bell_collar(Figure& figure);
void draw_bell(Figure& figure);
void draw_glasses(Figure& figure);
void draw_headwear(Figure& figure);
void draw_wand(Figure& figure);

}  // namespace ptravel::train
