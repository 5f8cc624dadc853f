#include "media/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "media/bitmap_font.h"
#include "media/stroke.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kMinWidth = 240;
constexpr int kMinPanelHeight = 200;
constexpr int kMaxSide = 16384;
constexpr int kMargin = 14;       // free space at the edges of a panel
constexpr int kGap = 8;           // between a text and what it belongs to
constexpr int kSwatch = 26;       // the piece of line before a name of the legend
constexpr int kEntryGap = 24;     // between neighbours in a row of texts
constexpr int kCapHeight = 14;    // the part of a text that centres on its place
constexpr int kTickSpacing = 34;  // least distance of two ticks of the y axis
constexpr double kInset = 6.0;    // between the frame and the outermost values
constexpr double kLargest = 1e100;

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

void fill(Image& image, Box box, Colour colour) {
  for (int y = box.top; y < box.bottom; ++y) {
    for (int x = box.left; x < box.right; ++x) {
      blend_pixel(image, x, y, colour, 255);
    }
  }
}

/// The room that a line takes in the legend; none without a name.
int entry_width(const PlotLine& line) {
  return line.name.empty() ? 0 : kSwatch + kGap + text_width(line.name) + kEntryGap;
}

/// Writes the title and the legend: beside it where there is room, else in rows below it, at most
/// down to the middle of the panel. Returns where they end.
int draw_heading(Image& image, Box box, const PlotPanel& panel) {
  const int right = box.right - kMargin + kEntryGap;
  int bottom = box.top + kMargin + kTextHeight;
  draw_text(image, kMargin, bottom - kTextHeight, panel.title, {0, 0, 0});
  int left = right;
  for (const PlotLine& line : panel.lines) {
    left -= entry_width(line);
  }
  if (left < kMargin + text_width(panel.title) + kEntryGap) {
    left = panel.title.empty() ? kMargin : right;
  }
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    const int width = entry_width(panel.lines[i]);
    if (left + width > right && left > kMargin) {
      left = kMargin;
      bottom += kTextHeight + kGap;
    }
    if (bottom > box.top + box.height() / 2) {
      return bottom - kTextHeight - kGap;
    }
    if (width > 0) {
      const int middle = bottom - kTextHeight + kCapHeight / 2;
      fill(image, {left, middle - 2, left + kSwatch, middle + 2}, line_colour(i));
      draw_text(image, left + kSwatch + kGap, bottom - kTextHeight, panel.lines[i].name,
                kTextColour);
    }
    left += width;
  }
  return bottom;
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

void draw_axes(Image& image, Box plot, const Axis& x, const Axis& y) {
  int free_above = image.height;
  for (const AxisTick& tick : y.ticks) {
    const int row = static_cast<int>(y.at(tick.value));
    fill(image, {plot.left, row, plot.right, row + 1}, kGridColour);
    if (row + kTextHeight / 2 <= free_above) {
      draw_text(image, plot.left - kGap - text_width(tick.label), row - kCapHeight / 2, tick.label,
                kTextColour);
      free_above = row - kTextHeight / 2;
    }
  }
  for (const AxisTick& tick : x.ticks) {
    const int column = static_cast<int>(x.at(tick.value));
    fill(image, {column, plot.top, column + 1, plot.bottom}, kGridColour);
    const int width = text_width(tick.label);
    draw_text(image, std::clamp(column - width / 2, 0, std::max(0, image.width - 2 - width)),
              plot.bottom + kGap, tick.label, kTextColour);
  }
  fill(image, {plot.left, plot.bottom - 1, plot.right, plot.bottom}, kAxisColour);
  fill(image, {plot.left, plot.top, plot.left + 1, plot.bottom}, kAxisColour);
}

/// The parts of a panel that are known once its heading is drawn.
struct Frame {
  Box box;
  Box plot;
  Axis y;
};

Frame begin_panel(Image& image, Box box, const PlotPanel& panel) {
  Box plot = box;
  plot.top = draw_heading(image, box, panel) + kGap;
  plot.bottom -= kMargin + kTextHeight + kGap;
  plot.bottom -= panel.x_label.empty() ? 0 : kTextHeight + kGap / 2;
  plot.right -= kMargin;
  Axis y = value_axis(panel, plot);
  plot.left = std::min(kMargin + widest_label(y.ticks) + kGap, box.width() / 2);
  return {box, plot, std::move(y)};
}

void finish_panel(Image& image, const Frame& frame, const PlotPanel& panel) {
  const Box plot = frame.plot;
  const Axis x = position_axis(panel, plot);
  draw_axes(image, plot, x, frame.y);
  draw_text(image, (plot.left + plot.right - text_width(panel.x_label)) / 2,
            frame.box.bottom - kMargin - kTextHeight, panel.x_label, kTextColour);
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    std::vector<Point> points;
    for (const double value : panel.lines[i].values) {
      const double position = panel.x_first + static_cast<double>(points.size()) * panel.x_step;
      points.push_back({x.at(position), drawable(value) ? frame.y.at(value) : std::nan("")});
    }
    draw_line(image, plot, points, line_colour(i));
  }
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
  std::vector<Frame> frames;
  int left = 0;
  for (const PlotPanel& panel : panels) {
    const int top = static_cast<int>(frames.size()) * panel_height;
    frames.push_back(begin_panel(image, {0, top, width, top + panel_height}, panel));
    left = std::max(left, frames.back().plot.left);
  }
  for (std::size_t i = 0; i < panels.size(); ++i) {
    frames[i].plot.left = left;
    finish_panel(image, frames[i], panels[i]);
  }
  return image;
}

}  // namespace ptravel
