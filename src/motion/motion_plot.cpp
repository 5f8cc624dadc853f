#include "motion/motion_plot.h"

#include <cstdio>

namespace ptravel {

std::vector<PlotPanel> motion_panels(const MotionReport& report) {
  std::vector<PlotPanel> panels;
  for (const MotionMeasure& measure : report.measures) {
    char title[96];
    std::snprintf(title, sizeof(title), "%s: max/median %.2f, Gini %.2f", measure.name.c_str(),
                  measure.evenness.largest_over_median, measure.evenness.gini);
    PlotPanel panel{title, "frame", {{"distance from the frame before", measure.distances}}};
    panel.x_first = 1;
    panel.lines.push_back(
        {"bound of jumps",
         std::vector<double>(measure.distances.size(), kJumpOverMedian * measure.evenness.median)});
    panels.push_back(std::move(panel));
  }
  return panels;
}

}  // namespace ptravel
