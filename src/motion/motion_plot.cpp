#include "motion/motion_plot.h"

#include <array>
#include <cstdio>
#include <map>

#include "motion/evenness.h"

namespace ptravel {
namespace {

/// What a distance is called in a plot, and its unit.
struct Wording {
  const char* title;
  const char* unit;
};

const std::map<std::string, Wording> kWordings = {
    {"lab", {"colour (lab)", "distance in L*a*b*"}},
    {"ssim", {"structure (ssim)", "1 - SSIM"}},
    {"ms_ssim", {"structure on five scales (ms_ssim)", "1 - MS-SSIM"}},
    {"latent", {"latents (latent)", "RMS difference"}}};

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

/// The step from frame `step` to the next, as the plot names it.
std::string step_text(const MotionReport& report, std::size_t step) {
  const MotionFrame& from = report.frames[step];
  const MotionFrame& to = report.frames[step + 1];
  return formatted("frames %zu-%zu", step, step + 1) +
         (from.alpha && to.alpha ? formatted(", alpha %.3g-%.3g", *from.alpha, *to.alpha) : "");
}

}  // namespace

std::vector<PlotPanel> motion_panels(const MotionReport& report) {
  std::vector<PlotPanel> panels;
  for (const MotionMeasure& measure : report.measures) {
    const Evenness& even = measure.evenness;
    const Wording& wording = kWordings.at(measure.name);
    PlotPanel panel{formatted("%s: max/median %.2f, Gini %.2f", wording.title,
                              even.largest_over_median, even.gini),
                    "frame",
                    {{"distance from the frame before", measure.distances}}};
    panel.lines.push_back(
        {formatted("%.3g x the median", kJumpOverMedian),
         std::vector<double>(measure.distances.size(), kJumpOverMedian * even.median)});
    panel.x_first = 1;
    panel.y_label = wording.unit;
    panel.from_zero = true;
    for (const std::size_t step : steps_above(measure.distances, kJumpOverMedian)) {
      panel.marks.push_back(
          {static_cast<double>(step + 1), measure.distances[step], step_text(report, step)});
    }
    panels.push_back(std::move(panel));
  }
  return panels;
}

}  // namespace ptravel
