#pragma once

#include <functional>

#include "ptravel/image.h"
#include "ptravel/progress.h"

namespace ptravel {

/// A frame in work as its latent shows it, without the VAE: by a tiny decoder where there is one,
/// of at most some hundred pixels a side; else one pixel for each cell of the latent, coloured by a
/// linear map that is fitted to the model's VAE once. Of frames that are drawn together the first.
struct FrameSketch {
  SamplingPlace place;
  Image image;
};

/// Who looks at frames in work. Looking changes no byte of any frame.
struct SketchOptions {
  /// Called from the thread that draws; empty: no sketches are made.
  std::function<void(const FrameSketch& sketch)> show = {};
  double seconds = 0.5;  ///< At least this long from one to the next.
  double share = 0.05;   ///< Making and showing them takes at most this part of the drawing time.
};

}  // namespace ptravel
