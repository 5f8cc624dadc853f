#pragma once

#include <string_view>

#include "media/palette.h"
#include "ptravel/image.h"

namespace ptravel {

/// The height of a line of text in pixels: capitals take the upper 14, descenders the lower 4.
constexpr int kTextHeight = 18;

/// How many pixels wide draw_text draws `text`. All characters are equally wide. A character
/// outside printable ASCII (one UTF-8 sequence) counts once: it is drawn as an empty box.
int text_width(std::string_view text);

/// Draws one line of text whose upper left corner is at (left, top), with a built-in font. Parts
/// outside the picture are left out.
void draw_text(Image& image, int left, int top, std::string_view text, Colour colour);

/// Lays `colour` over the pixel (x, y); 255 covers it fully. Outside the picture nothing happens.
void blend_pixel(Image& image, int x, int y, Colour colour, int coverage);

}  // namespace ptravel
