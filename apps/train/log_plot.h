#pragma once

#include <string>

namespace ptravel::train {

/// Draws a training log (CSV with a header; the column "step" is the abscissa) as an SVG picture:
/// one small plot for each other column, losses on a logarithmic axis where all values are
/// positive.
std::string plot_log(const std::string& csv, const std::string& title);

}  // namespace ptravel::train
