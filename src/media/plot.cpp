#include "media/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include "media/plot_canvas.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kCapHeight = cap_height(TextSize::Small);
constexpr int kTextHeight = kCapHeight + kDescent;
constexpr int kMinWidth = 240;
constexpr int kMinPanelHeight = 200;
constexpr int kMaxSide = 16384;
constexpr int kMargin = 14;       // free space at the edges of a panel
constexpr int kGap = 8;           // between a text and what it belongs to
constexpr int kSwatch = 26;       // the piece of line before a name of the legend
constexpr int kEntryGap = 24;     // between neighbours in a row of texts
constexpr int kTickSpacing = 32;  // least distance of two ticks of the y axis
constexpr double kInset = 6.0;    // between the frame and the outermost values
constexpr double kLargest = 1e100;

constexpr int kReach = 10;  // between a mark and its text

constexpr Colour kGridColour{226, 226, 226};
constexpr Colour kAxisColour{140, 140, 140};
constexpr Colour kTextColour{60, 60, 60};

// Okabe and Ito, "Color Universal Design" (2008), without yellow, which is too pale on white.
constexpr Colour kLineColours[] = {{0, 114, 178}, {213, 94, 0},   {0, 158, 115}, {204, 121, 167},
                                   {230, 159, 0}, {86, 180, 233}, {0, 0, 0}};

Colour line_colour(std::size_t index) { return kLineColours[index % std::size(kLineColours)]; }

bool drawable(double value) { return std::abs(value) <= kLargest; }

/// Where the values from `low` to `high` stand on the picture.
struct Axis {
  double low = 0.0;
  double high = 1.0;
  double low_pixel = 0.0;
  double high_pixel = 1.0;
  std::vector<AxisTick> ticks = {};

  double at(double value) const {
    return low_pixel + (value - low) / (high - low) * (high_pixel - low_pixel);
  }
};

/// The room that a line takes in the legend; none without a name.
int entry_width(const PlotLine& line) {
  return line.name.empty() ? 0 : kSwatch + kGap + text_width(line.name) + kEntryGap;
}

/// Writes the title and the legend: beside it where there is room, else in rows below it, at most
/// down to the middle of the panel. Returns where they end.
int draw_heading(PlotCanvas& canvas, Box box, const PlotPanel& panel) {
  const int right = box.right - kMargin + kEntryGap;
  int base = box.top + kMargin + cap_height(TextSize::Large);
  canvas.text(kMargin, base, panel.title, {0, 0, 0}, TextSize::Large);
  int left = right;
  for (const PlotLine& line : panel.lines) {
    left -= entry_width(line);
  }
  if (left < kMargin + text_width(panel.title, TextSize::Large) + kEntryGap) {
    left = panel.title.empty() ? kMargin : right;
  }
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    const int width = entry_width(panel.lines[i]);
    if (left + width > right && left > kMargin) {
      left = kMargin;
      base += kTextHeight + kGap;
    }
    if (base + kDescent > box.top + box.height() / 2) {
      return base + kDescent - kTextHeight - kGap;
    }
    if (width > 0) {
      const int middle = base - kCapHeight / 2;
      canvas.fill({left, middle - 1, left + kSwatch, middle + 2}, line_colour(i));
      canvas.text(left + kSwatch + kGap, base, panel.lines[i].name, kTextColour);
    }
    left += width;
  }
  return base + kDescent;
}

/// An axis from `low` to `high`, or about them where they are (nearly) one number.
Axis make_axis(double low, double high) {
  const double largest = std::max(std::abs(low), std::abs(high));
  if (high - low <= std::max(1e-9 * largest, 1 / kLargest)) {
    const double half = largest > 1 / kLargest ? 0.1 * largest : 1.0;
    low -= half;
    high += half;
  }
  return {low, high};
}

Axis value_axis(const PlotPanel& panel, Box plot) {
  double low = kLargest;
  double high = -kLargest;
  for (const PlotLine& line : panel.lines) {
    for (const double value : line.values) {
      low = drawable(value) ? std::min(low, value) : low;
      high = drawable(value) ? std::max(high, value) : high;
    }
  }
  if (panel.from_zero && low <= high) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  Axis axis = low <= high ? make_axis(low, high) : Axis{};
  axis.low_pixel = plot.bottom - kInset;
  axis.high_pixel = plot.top + kInset;
  for (int intervals = std::max(1, plot.height() / kTickSpacing); axis.ticks.size() < 2;
       ++intervals) {
    axis.ticks = axis_ticks(axis.low, axis.high, intervals);
  }
  return axis;
}

int widest_label(const std::vector<AxisTick>& ticks) {
  int widest = 0;
  for (const AxisTick& tick : ticks) {
    widest = std::max(widest, text_width(tick.label));
  }
  return widest;
}

/// With as many ticks as there is room for their labels.
Axis position_axis(const PlotPanel& panel, Box plot) {
  std::size_t count = 1;
  for (const PlotLine& line : panel.lines) {
    count = std::max(count, line.values.size());
  }
  const double reach = static_cast<double>(count - 1) * panel.x_step;
  const double spare = count == 1 ? panel.x_step / 2 : 0.0;
  Axis axis = make_axis(panel.x_first - spare, panel.x_first + reach + spare);
  axis.low_pixel = plot.left + kInset;
  axis.high_pixel = plot.right - kInset;
  for (int intervals = std::max(1, plot.width() / (2 * kTickSpacing)); intervals > 0; --intervals) {
    axis.ticks = axis_ticks(axis.low, axis.high, intervals, panel.x_step);
    if (axis.ticks.size() < 2 || axis.at(axis.ticks[1].value) - axis.at(axis.ticks[0].value) >=
                                     widest_label(axis.ticks) + kEntryGap) {
      break;
    }
  }
  return axis;
}

void draw_axes(PlotCanvas& canvas, int width, Box plot, const Axis& x, const Axis& y) {
  int free_above = plot.bottom + kTextHeight;
  for (const AxisTick& tick : y.ticks) {
    const int row = static_cast<int>(std::lround(y.at(tick.value)));
    canvas.fill({plot.left, row, plot.right, row + 1}, kGridColour);
    if (row + kTextHeight / 2 <= free_above) {
      canvas.text(plot.left - kGap - text_width(tick.label), row + kCapHeight / 2, tick.label,
                  kTextColour);
      free_above = row - kTextHeight / 2;
    }
  }
  for (const AxisTick& tick : x.ticks) {
    const int column = static_cast<int>(std::lround(x.at(tick.value)));
    canvas.fill({column, plot.top, column + 1, plot.bottom}, kGridColour);
    const int room = text_width(tick.label);
    canvas.text(std::clamp(column - room / 2, 0, std::max(0, width - 2 - room)),
                plot.bottom + kGap + kCapHeight, tick.label, kTextColour);
  }
  canvas.fill({plot.left, plot.bottom - 1, plot.right, plot.bottom}, kAxisColour);
  canvas.fill({plot.left, plot.top, plot.left + 1, plot.bottom}, kAxisColour);
}

bool overlap(Box one, Box other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom &&
         other.top < one.bottom;
}

/// Where a mark's text goes: right of it or left of it, inside the plot and over no other text.
std::optional<Box> place_text(Box plot, Point mark, int width, const std::vector<Box>& taken) {
  const int top =
      std::clamp(static_cast<int>(mark.y) - kTextHeight, plot.top, plot.bottom - kTextHeight);
  const int middle = static_cast<int>(mark.x);
  for (const int left : {middle + kReach, middle - kReach - width}) {
    const Box box{left, top, left + width, top + kTextHeight};
    const bool covered = std::any_of(taken.begin(), taken.end(),
                                     [&](const Box& other) { return overlap(box, other); });
    if (!covered && box.left > plot.left && box.right <= plot.right) {
      return box;
    }
  }
  return std::nullopt;
}

void draw_marks(
    PlotCanvas& canvas, Box plot, const Axis& x, const Axis& y, std::vector<PlotMark> marks) {
  std::erase_if(marks, [](const PlotMark& mark) { return !drawable(mark.x) || !drawable(mark.y); });
  std::stable_sort(marks.begin(), marks.end(),
                   [](const PlotMark& one, const PlotMark& other) { return one.y > other.y; });
  std::vector<Box> taken;
  for (const PlotMark& mark : marks) {
    const Point place{x.at(mark.x), y.at(mark.y)};
    canvas.ring(plot, place, kTextColour);
    if (const auto box = place_text(plot, place, text_width(mark.text), taken)) {
      canvas.text(box->left, box->top + kCapHeight, mark.text, kTextColour);
      taken.push_back(*box);
    }
  }
}

/// The parts of a panel that are known once its heading is drawn.
struct Frame {
  Box box;
  Box plot;
  Axis y;
};

Frame begin_panel(PlotCanvas& canvas, Box box, const PlotPanel& panel) {
  Box plot = box;
  plot.top = draw_heading(canvas, box, panel) + kGap;
  plot.bottom -= kMargin + kTextHeight + kGap;
  plot.bottom -= panel.x_label.empty() ? 0 : kTextHeight + kGap / 2;
  plot.right -= kMargin;
  Axis y = value_axis(panel, plot);
  const int label = panel.y_label.empty() ? 0 : kTextHeight + kGap;
  plot.left = std::min(kMargin + label + widest_label(y.ticks) + kGap, box.width() / 2);
  return {box, plot, std::move(y)};
}

void finish_panel(PlotCanvas& canvas, const Frame& frame, const PlotPanel& panel) {
  const Box plot = frame.plot;
  const Axis x = position_axis(panel, plot);
  draw_axes(canvas, frame.box.width(), plot, x, frame.y);
  canvas.text((plot.left + plot.right - text_width(panel.x_label)) / 2,
              frame.box.bottom - kMargin - kDescent, panel.x_label, kTextColour);
  canvas.text_upwards(kMargin + kCapHeight,
                      (plot.top + plot.bottom + text_width(panel.y_label)) / 2, panel.y_label,
                      kTextColour);
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    std::vector<Point> points;
    for (const double value : panel.lines[i].values) {
      const double position = panel.x_first + static_cast<double>(points.size()) * panel.x_step;
      points.push_back({x.at(position), drawable(value) ? frame.y.at(value) : std::nan("")});
    }
    canvas.line(plot, points, line_colour(i));
  }
  draw_marks(canvas, plot, x, frame.y, panel.marks);
}

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::InvalidArgument, "[plot] " + reason);
}

}  // namespace

Image draw_plot(const std::vector<PlotPanel>& panels, int width, int panel_height) {
  if (panels.empty()) {
    refuse("no panel to draw");
  }
  if (width < kMinWidth || width > kMaxSide) {
    refuse("width " + std::to_string(width) + ", expected 240 to 16384");
  }
  const auto count = static_cast<std::int64_t>(panels.size());
  if (panel_height < kMinPanelHeight || panel_height > kMaxSide / count) {
    refuse(std::to_string(count) + " panels of height " + std::to_string(panel_height) +
           ", expected at least 200 each and at most 16384 together");
  }
  for (const PlotPanel& panel : panels) {
    if (!drawable(panel.x_first) || !drawable(panel.x_step) || panel.x_step <= 0.0) {
      refuse("panel '" + panel.title + "': x_first or x_step cannot be drawn");
    }
  }
  Image image(width, static_cast<int>(count) * panel_height);
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{255});
  PlotCanvas canvas(image);
  std::vector<Frame> frames;
  int left = 0;
  for (const PlotPanel& panel : panels) {
    const int top = static_cast<int>(frames.size()) * panel_height;
    frames.push_back(begin_panel(canvas, {0, top, width, top + panel_height}, panel));
    left = std::max(left, frames.back().plot.left);
  }
  for (std::size_t i = 0; i < panels.size(); ++i) {
    frames[i].plot.left = left;
    finish_panel(canvas, frames[i], panels[i]);
  }
  return image;
}

}  // namespace ptravel
