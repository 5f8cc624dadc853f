#pragma once

#include <string>
#include <vector>

#include "ptravel/image.h"

namespace ptravel {

/// A line of a panel: one value for each x. NaN and values beyond +-1e100 are gaps.
struct PlotLine {
  std::string name;
  std::vector<double> values;
};

/// A value that is pointed out by a ring, and what stands beside it where there is room.
struct PlotMark {
  double x = 0.0;
  double y = 0.0;
  std::string text;
};

/// One coordinate system with its lines. Value i of each line stands at x_first + i * x_step.
struct PlotPanel {
  std::string title;
  std::string x_label;
  std::vector<PlotLine> lines;
  double x_first = 0.0;
  double x_step = 1.0;  ///< Above 0.
  std::string y_label = {};
  bool from_zero = false;  ///< The y axis takes in 0.
  std::vector<PlotMark> marks = {};
};

/// Draws panels one under the other on white, each with its own axes, grid and legend; their left
/// edges agree. Lines are thin and anti-aliased; a value between gaps is a dot. Seven
/// colours that colour-blind people can tell apart are used in turn, later lines over earlier ones.
/// Texts are ASCII; names that find no room in the legend are left out, and so are texts of marks
/// that others cover (of two the one with the larger value stays). Equal input gives equal pixels.
/// Throws InvalidArgument when there is no panel, `width` is below 240 or `panel_height`
/// below 200, a side of the picture exceeds 16384, or an x_first or x_step is not usable (as for
/// gaps above).
Image draw_plot(const std::vector<PlotPanel>& panels, int width = 960, int panel_height = 300);

/// A marked value of an axis and its text, such as "0.25", "150" or "2e-08".
struct AxisTick {
  double value = 0.0;
  std::string label;
};

/// The multiples of a round step in [low, high], rising. The step is 1, 2 or 5 times a power of
/// ten: the smallest that makes at most `max_intervals` (at least 1) intervals and is not below
/// `min_step`. Expects high > low, both within +-1e200, and their distance at least 1e-10 times the
/// larger one and 1e-200.
std::vector<AxisTick> axis_ticks(double low, double high, int max_intervals, double min_step = 0.0);

}  // namespace ptravel
