#include "travel/loss_plot.h"

namespace ptravel {

std::vector<PlotPanel> loss_panels(const WalkLog& log) {
  PlotPanel losses{"losses", "iteration", {{"latent", {}}, {"cond", {}}}};
  PlotPanel distances{
      "mean distance",
      "iteration",
      {{"from the stage left", {}}, {"to the next stage", {}}, {"between them", {}}}};
  losses.x_first = 1;
  losses.from_zero = distances.from_zero = true;
  losses.y_label = "loss";
  distances.y_label = "mean |difference|";
  distances.x_first = 1;
  for (const auto& [gap, records] : log.grads()) {
    for (const GradRecord& record : records) {
      losses.lines[0].values.push_back(record.loss_latent);
      losses.lines[1].values.push_back(record.loss_cond);
      distances.lines[0].values.push_back(record.from);
      distances.lines[1].values.push_back(record.to);
      distances.lines[2].values.push_back(record.total);
    }
  }
  return {losses, distances};
}

}  // namespace ptravel
