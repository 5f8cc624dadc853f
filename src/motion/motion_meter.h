#pragma once

#include <optional>
#include <vector>

#include "media/latent_chunk.h"
#include "motion/frame_view.h"
#include "ptravel/image.h"
#include "ptravel/motion_report.h"

namespace ptravel {

/// A frame as all measures of a film see it.
struct MeasuredFrame {
  MeasuredFrame(Image image_in, std::optional<PictureLatent> latent_in);

  Image image;
  FrameView view;
  std::optional<PictureLatent> latent;  ///< Where the frame's file holds it.
};

/// One way to say how far two frames are apart, for frames of one size.
struct MotionDistance {
  const char* name;
  bool judges;
  /// Nothing where the frames are too small, or do not carry what it needs.
  std::optional<double> (*distance)(const MeasuredFrame& one, const MeasuredFrame& other);
};

/// Every distance, in the order of reports. The first ones judge, and measure any frames.
const std::vector<MotionDistance>& motion_distances();

/// The next frame of a film: what it is called and where it lies, and what measures see.
struct FilmFrame {
  MotionFrame frame;
  MeasuredFrame measured;
};

/// Measures a film frame by frame; keeps what the last one looks like and the first one's pixels.
class MotionMeter {
 public:
  MotionMeter();
  /// The next frame, and the latent that it was decoded from where that is known. Throws
  /// InvalidArgument when it has another size than the first one.
  void add(MotionFrame frame, const Image& image, std::optional<PictureLatent> latent = {});
  /// The next frames, all at once: each is measured in a thread of its own. Throws like that.
  void add(std::vector<FilmFrame> frames);
  /// What was measured so far: of the distances those that every pair of neighbours has. Throws
  /// InvalidArgument for fewer than two frames.
  MotionReport report() const;

 private:
  void check_size(const FilmFrame& frame);

  MotionReport report_;
  std::optional<Image> first_;
  std::optional<PictureLatent> first_latent_;
  std::optional<MeasuredFrame> last_;
};

}  // namespace ptravel
