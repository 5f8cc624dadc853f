#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/progress.h"

namespace ptravel {

/// How evenly a film moves, from the distances of its neighbouring frames. All 0 without distances.
struct Evenness {
  std::size_t steps = 0;
  double length = 0;  ///< Sum of the distances.
  double mean = 0;
  double deviation = 0;  ///< Standard deviation (of the population).
  double median = 0;
  double largest = 0;
  double largest_over_median = 0;  ///< 1 at best; infinite where the median is 0.
  double largest_over_mean = 0;    ///< 1 at best; 0 without motion.
  double p90_over_p10 = 0;         ///< Ninth by first decile (not below 1e-9); interpolated.
  double gini = 0;                 ///< Gini coefficient: 0 for even motion, to 1 for one jump.
  double largest_share = 0;        ///< The largest step's share of the length.
};

/// A step above this many medians is a jump.
inline constexpr double kJumpOverMedian = 2.5;

/// A frame of a film that was measured.
struct MotionFrame {
  std::string name;             ///< The file's name; of a video, the frame's number.
  std::optional<int> stage;     ///< The stage that was left last, where the frame's picture tells,
  std::optional<double> alpha;  ///< and how far it is on its way to the next.
};

/// One distance over a whole film.
struct MotionMeasure {
  std::string name;               ///< "lab", "ssim", "ms_ssim" or "latent".
  bool judges = false;            ///< Whether its large steps are jumps of the film.
  std::vector<double> distances;  ///< From each frame to the next: one less than there are frames.
  Evenness evenness;
  double straight = 0;  ///< From the first frame to the last.
};

/// How a film moves. Two distances of neighbours judge it: `lab`, the root mean square distance of
/// pixels in CIE L*a*b* (0 to about 100 from black to white), and `ssim`, 1 - the structural
/// similarity of the lightness, the mean of three scales (0 to 2). Two more are told where they can
/// be had: `ms_ssim`, 1 - multi-scale SSIM over five scales (0 to 1; sides of 176 pixels or more),
/// and `latent`, the root mean square difference of the latents that our frames carry.
struct MotionReport {
  int width = 0;
  int height = 0;
  std::vector<MotionFrame> frames;
  std::vector<MotionMeasure> measures;
};

/// A step that is larger than others.
struct MotionJump {
  std::size_t step = 0;          ///< From frame `step` to the next.
  std::vector<double> distance;  ///< For each measure.
  std::vector<double> times;     ///< How many medians that is; infinite where the median is 0.
};

/// The steps that are above `times` x the median in one judging measure or more.
std::vector<MotionJump> motion_jumps(const MotionReport& report, double times = kJumpOverMedian);

/// Measures a run folder (its frames), a folder of pictures (PNG, JPEG, WebP; in the order of their
/// names, numbers by value) or a video. Throws NotFound; InvalidArgument for fewer than two frames
/// or frames of different sizes; as read_image and read_video; Cancelled. `threads`: that pictures
/// are measured in, where memory allows it; 0: one for each processor. The numbers are the same.
MotionReport measure_motion(const std::filesystem::path& path, Progress& progress, int threads = 0);

/// The same of pictures, in this order.
MotionReport measure_motion(const std::vector<std::filesystem::path>& pictures,
                            Progress& progress,
                            int threads = 0);

/// A table for people, with the jumps below it.
std::string to_text(const MotionReport& report);

/// A JSON object: frames, width, height, for each distance its figures, steps and jumps. Numbers
/// have nine digits, so that equal frames give equal text on every machine; infinite ones are null.
std::string to_json(const MotionReport& report);

/// A jump for people: "00003.png to 00004.png (alpha 0.2 to 0.25): lab 3.1, ssim 5.9 x the median".
std::string to_text(const MotionReport& report, const MotionJump& jump);

}  // namespace ptravel
