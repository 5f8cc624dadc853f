#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include <ATen/core/Tensor.h>

#include "ptravel/frame_sketch.h"

namespace ptravel {

/// Makes sketches of frames in work, as often as its options let it. One thread.
class Sketcher {
 public:
  /// `picture`: what a latent [C, h, w] looks like, roughly.
  Sketcher(SketchOptions options, std::function<Image(const at::Tensor& latent)> picture)
      : options_(std::move(options)), picture_(std::move(picture)) {}

  /// Sees what the sampler takes for the clean latents now, [N, C, h, w] or undefined; shows the
  /// first one when it is time.
  void see(const at::Tensor& denoised, const SamplingPlace& place);

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  bool is_time(Clock::time_point now) const;

  SketchOptions options_;
  std::function<Image(const at::Tensor& latent)> picture_;
  std::optional<Clock::time_point> begun_;
  std::optional<Clock::time_point> last_;
  Seconds spent_{0};
  Seconds dearest_{0};  // the sketch that took longest
};

}  // namespace ptravel
