#include "log_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace ptravel::train {
namespace {

constexpr int kWidth = 420;  // of one plot, in SVG units
constexpr int kHeight = 220;
constexpr int kColumns = 2;
constexpr int kLeft = 62;  // margins inside a plot
constexpr int kRight = 14;
constexpr int kTop = 30;
constexpr int kBottom = 28;
constexpr std::size_t kMostPoints = 600;

struct Column {
  std::string name;
  std::vector<double> values;
};

std::vector<Column> read_columns(const std::string& csv) {
  std::vector<Column> columns;
  std::istringstream lines(csv);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string cell;
    for (std::size_t i = 0; std::getline(cells, cell, ','); ++i) {
      if (columns.size() <= i) {
        columns.push_back({cell, {}});
      } else {
        columns[i].values.push_back(std::strtod(cell.c_str(), nullptr));
      }
    }
  }
  return columns;
}

std::string text_of(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

std::string label(int x, int y, const std::string& text, const char* anchor) {
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"" +
         anchor + "\">" + text + "</text>\n";
}

/// Maps values to heights, by their logarithm where that is possible and useful.
class Axis {
 public:
  explicit Axis(const std::vector<double>& values) {
    double low = INFINITY;
    double high = -INFINITY;
    for (const double value : values) {
      if (std::isfinite(value)) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    logarithmic_ = low > 0 && high > 5 * low;
    low_ = std::isfinite(low) ? low : 0;
    high_ = high > low ? high : low_ + 1;
  }
  double place(double value) const {
    const auto map = [&](double x) { return logarithmic_ ? std::log(x) : x; };
    return (map(value) - map(low_)) / (map(high_) - map(low_));
  }
  double at(double place) const {
    return logarithmic_ ? low_ * std::pow(high_ / low_, place) : low_ + place * (high_ - low_);
  }

 private:
  bool logarithmic_ = false;
  double low_ = 0;
  double high_ = 1;
};

std::string plot(const Column& steps, const Column& column, int left, int top) {
  const Axis axis(column.values);
  const std::size_t count = std::min(steps.values.size(), column.values.size());
  const double last = count > 0 ? std::max(1.0, steps.values[count - 1]) : 1.0;
  const int inner_width = kWidth - kLeft - kRight;
  const int inner_height = kHeight - kTop - kBottom;
  const int base = top + kTop + inner_height;
  std::string svg = "<rect x=\"" + std::to_string(left + kLeft) + "\" y=\"" +
                    std::to_string(top + kTop) + "\" width=\"" + std::to_string(inner_width) +
                    "\" height=\"" + std::to_string(inner_height) +
                    "\" fill=\"#fafafa\" stroke=\"#999\"/>\n";
  svg += label(left + kLeft, top + kTop - 8, column.name, "start");
  for (const double place : {0.0, 0.5, 1.0}) {
    const int y = base - static_cast<int>(place * inner_height);
    svg += label(left + kLeft - 5, y + 4, text_of("%.3g", axis.at(place)), "end");
  }
  svg += label(left + kLeft, base + 16, "0", "middle");
  svg += label(left + kLeft + inner_width, base + 16, text_of("%.0f steps", last), "end");
  svg += "<polyline fill=\"none\" stroke=\"#2a6fb0\" stroke-width=\"1.3\" points=\"";
  const std::size_t stride = std::max<std::size_t>(1, count / kMostPoints);
  for (std::size_t i = 0; i < count; i += stride) {
    if (std::isfinite(column.values[i])) {
      svg += text_of("%.1f,", left + kLeft + steps.values[i] / last * inner_width);
      svg += text_of("%.1f ", base - axis.place(column.values[i]) * inner_height);
    }
  }
  return svg + "\"/>\n";
}

}  // namespace

std::string plot_log(const std::string& csv, const std::string& title) {
  const std::vector<Column> columns = read_columns(csv);
  const int plots = std::max(0, static_cast<int>(columns.size()) - 1);
  const int rows = (plots + kColumns - 1) / kColumns;
  const int height = 40 + rows * kHeight;
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
                    std::to_string(kColumns * kWidth) + " " + std::to_string(height) +
                    "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n" +
                    "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" +
                    label(kColumns * kWidth / 2, 24, title, "middle");
  for (int i = 0; i < plots; ++i) {
    svg += plot(columns[0], columns[static_cast<std::size_t>(i) + 1], i % kColumns * kWidth,
                40 + i / kColumns * kHeight);
  }
  return svg + "</svg>\n";
}

}  // namespace ptravel::train
