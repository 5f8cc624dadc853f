#pragma once

#include <cstdint>
#include <vector>

#include "diffusion/sample.h"
#include "ptravel/progress.h"

namespace ptravel {

/// The part of a picture's time that is not sampling but decoding, about.
inline constexpr double kDecodingShare = 0.05;

/// Turns the sampler's steps into fractions of frames for the progress display. Must outlive the
/// hooks it gives out.
class StepCounter {
 public:
  /// Steps of a pass, and those of the same frames in passes before and behind it.
  struct Steps {
    int now = 1;
    int before = 0;
    int behind = 0;
  };

  /// `frames_before`: where the display stands; `frames`: which ones are drawn now, each or all
  /// together in `steps`.
  StepCounter(Progress& progress,
              double frames_before,
              std::vector<std::int64_t> frames,
              const Steps& steps);

  SamplingHooks hooks();
  /// Where the sampler is after the step that was counted last.
  const SamplingPlace& place() const { return place_; }

 private:
  void count(int step);

  Progress& progress_;
  double before_;
  std::vector<std::int64_t> frames_;
  Steps steps_;
  int last_index_ = -1;
  std::size_t rounds_ = 0;
  SamplingPlace place_;
};

}  // namespace ptravel
