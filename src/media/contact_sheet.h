#pragma once

#include <cstdint>
#include <functional>

#include "ptravel/image.h"

namespace ptravel {

/// Gives a frame of a sheet by its index.
using FrameSource = std::function<Image(std::int64_t index)>;

/// Sets `count` frames side by side in a grid on white, row by row from the top left, with small
/// gaps between and around them. The grid is as wide as high or a little wider. Cells are as large
/// as the first frame, or smaller so that no side of the sheet exceeds 2048 pixels; frames are
/// shrunk to fit their cell (never enlarged) and stand in its middle. Each frame is asked for once,
/// in order. Throws InvalidArgument when there are none, more than 256, or one is empty.
Image make_contact_sheet(std::int64_t count, const FrameSource& frame);

}  // namespace ptravel
