#pragma once

#include <cstdint>

#include <ATen/ATen.h>

#include "shape.h"

namespace ptravel::train {

struct Rgb {
  float r = 0;
  float g = 0;
  float b = 0;
};
/// A colour of three numbers 0..255.
constexpr Rgb rgb(float r, float g, float b) { return {r / 255, g / 255, b / 255}; }
/// The colour `amount` of the way from one to the other.
Rgb mix(Rgb from, Rgb to, float amount);
/// A lighter (towards white) or darker (towards a deep violet) tone of the colour.
Rgb lighter(Rgb color, float amount);
Rgb darker(Rgb color, float amount);

/// How a shape is filled.
struct Paint {
  Rgb color;
  float line = 1.3F;     ///< Width of the dark outline, in pixels of a picture of 128.
  float shade = 1;       ///< Strength of the shadow on the side away from the light.
  float depth = 0.022F;  ///< How far that shadow reaches in, in picture widths.
  float alpha = 1;
  float soft = 1;  ///< Width of the edge in pixels of a picture of 128: large for a glow.
  /// The colour changes from `color` at y = top to `low` at y = bottom, in the frame's coordinates.
  Rgb low = {-1, -1, -1};
  float top = 0;
  float bottom = 0;
  Rgb line_color = {-1, -1, -1};  ///< A dark tone of the colour when not set.
};

/// Flat colour without outline or shading.
Paint flat(Rgb color, float alpha = 1);
/// A soft spot without outline.
Paint glow(Rgb color, float soft, float alpha);
/// A colour changing downwards, without outline.
Paint gradient(Rgb color, float top, Rgb low, float bottom);

/// A square picture on the CPU that shapes are painted on. One thread.
class Canvas {
 public:
  /// `sketch` paints everything as a pencil would: outlines on paper, no colour.
  Canvas(int size, float light, bool sketch);
  void paint(const Frame& frame, const Shape& shape, const Paint& paint);
  /// Covers everything with a vertical gradient through three colours, darker to the edges by the
  /// vignette.
  void fill(Rgb top, Rgb middle, Rgb bottom, float vignette = 0);
  int size() const { return size_; }
  /// [3, size, size]
  const at::Tensor& pixels() const { return pixels_; }

 private:
  struct Window {
    std::int64_t x = 0;
    std::int64_t y = 0;
    std::int64_t width = 0;
    std::int64_t height = 0;
  };
  // A few rows of a window.
  struct Strip {
    at::Tensor distance;
    at::Tensor y;
    at::Tensor shadow;
  };
  Window window(const Frame& frame, const Shape& shape, float margin) const;
  Rgb seen(Rgb color) const;
  at::Tensor shadow(const at::Tensor& distance, const Paint& paint) const;
  at::Tensor painted(const Strip& strip, const Paint& paint, float line) const;

  int size_;
  float light_;
  bool sketch_;
  at::Tensor pixels_;
  at::Tensor column_;  ///< x of the pixels, [1, size]
  at::Tensor row_;     ///< y of the pixels, [size, 1]
};

}  // namespace ptravel::train
