#pragma once

#include <optional>

#include "motion/frame_view.h"
#include "ptravel/image.h"
#include "ptravel/motion_report.h"

namespace ptravel {

/// Measures a film frame by frame; keeps what the last one looks like and the first one's pixels.
class MotionMeter {
 public:
  MotionMeter();
  /// The next frame. Throws InvalidArgument when it has another size than the first one.
  void add(MotionFrame frame, const Image& image);
  /// What was measured so far. Throws InvalidArgument for fewer than two frames.
  MotionReport report() const;

 private:
  MotionReport report_;
  std::optional<Image> first_;
  std::optional<FrameView> last_;
};

}  // namespace ptravel
