#pragma once

#include "diffusion/sample.h"
#include "ptravel/progress.h"

namespace ptravel {

/// Turns the sampler's steps into fractions of frames for the progress display. Must outlive the
/// hooks it gives out.
class StepCounter {
 public:
  /// `frames_before`: where the display stands; `frames`: how many are drawn now, each or all
  /// together in `steps` steps.
  StepCounter(Progress& progress, double frames_before, double frames, int steps);

  SamplingHooks hooks();

 private:
  void count(int step);

  Progress& progress_;
  double before_;
  double frames_;
  int steps_;
  int last_index_ = -1;
  double rounds_ = 0;
};

}  // namespace ptravel
