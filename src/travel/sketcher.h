#pragma once

#include <chrono>
#include <optional>

#include <ATen/core/Tensor.h>

#include "pipeline/latent_colours.h"
#include "ptravel/frame_sketch.h"

namespace ptravel {

/// Makes sketches of frames in work, as often as its options let it. One thread.
class Sketcher {
 public:
  /// `colours` outlives it.
  Sketcher(SketchOptions options, const LatentColours& colours)
      : options_(std::move(options)), colours_(colours) {}

  /// Sees what the sampler takes for the clean latents now, [N, C, h, w] or undefined; shows the
  /// first one when it is time.
  void see(const at::Tensor& denoised, const SamplingPlace& place);

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  bool is_time(Clock::time_point now) const;

  SketchOptions options_;
  const LatentColours& colours_;
  std::optional<Clock::time_point> begun_;
  std::optional<Clock::time_point> last_;
  Seconds spent_{0};
  Seconds dearest_{0};  // the sketch that took longest
};

}  // namespace ptravel
