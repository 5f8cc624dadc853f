#include "media/plot.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "media/bitmap_font.h"
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
constexpr double kLineRadius = 1.0;
constexpr double kDotRadius = 3.0;
constexpr double kLargest = 1e100;

constexpr Colour kGridColour{226, 226, 226};
constexpr Colour kAxisColour{140, 140, 140};
constexpr Colour kTextColour{60, 60, 60};

// Okabe and Ito, "Color Universal Design" (2008), without yellow, which is too pale on white.
constexpr Colour kLineColours[] = {{0, 114, 178}, {213, 94, 0},   {0, 158, 115}, {204, 121, 167},
                                   {230, 159, 0}, {86, 180, 233}, {0, 0, 0}};

Colour line_colour(std::size_t index) { return kLineColours[index % std::size(kLineColours)]; }

bool drawable(double value) { return std::abs(value) <= kLargest; }

struct Point {
  double x = 0.0;
  double y = 0.0;
};

/// Pixels; `right` and `bottom` are the first ones outside.
struct Box {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;

  int width() const { return right - left; }
  int height() const { return bottom - top; }
};

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

double distance(Point p, Point a, Point b) {
  const Point along{b.x - a.x, b.y - a.y};
  const double square = along.x * along.x + along.y * along.y;
  const double dot = (p.x - a.x) * along.x + (p.y - a.y) * along.y;
  const double t = square > 0.0 ? std::clamp(dot / square, 0.0, 1.0) : 0.0;
  return std::hypot(p.x - a.x - t * along.x, p.y - a.y - t * along.y);
}

/// How much of each pixel of `area` one line covers. Kept apart from the picture until the line is
/// complete, so that its joints are not darker.
class Stroke {
 public:
  explicit Stroke(Box area)
      : area_(area), coverage_(static_cast<std::size_t>(area.width()) * area.height()) {}

  /// Adds the straight piece from a to b; a dot where they are one.
  void add(Point a, Point b, double radius) {
    const double reach = radius + 0.5;
    const int right = std::min(area_.right, static_cast<int>(std::max(a.x, b.x) + reach) + 1);
    const int bottom = std::min(area_.bottom, static_cast<int>(std::max(a.y, b.y) + reach) + 1);
    const int left = std::max(area_.left, static_cast<int>(std::min(a.x, b.x) - reach));
    for (int y = std::max(area_.top, static_cast<int>(std::min(a.y, b.y) - reach)); y < bottom;
         ++y) {
      for (int x = left; x < right; ++x) {
        const double inside = std::clamp(reach - distance({x + 0.5, y + 0.5}, a, b), 0.0, 1.0);
        std::uint8_t& covered = coverage_[index(x, y)];
        covered = std::max(covered, static_cast<std::uint8_t>(inside * 255.0));
      }
    }
  }

  void paint(Image& image, Colour colour) const {
    for (int y = area_.top; y < area_.bottom; ++y) {
      for (int x = area_.left; x < area_.right; ++x) {
        blend_pixel(image, x, y, colour, coverage_[index(x, y)]);
      }
    }
  }

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y - area_.top) * area_.width() + (x - area_.left);
  }

  Box area_;
  std::vector<std::uint8_t> coverage_;
};

/// Adds neighbouring points. Of those in one column of pixels only the first, the last and the
/// extremes count, so that ten thousand values take no longer than a thousand.
void add_run(Stroke& stroke, const std::vector<Point>& run) {
  if (run.size() == 1) {
    stroke.add(run[0], run[0], kDotRadius);
  }
  const auto same_column = [](Point a, Point b) { return std::floor(a.x) == std::floor(b.x); };
  const auto by_height = [](Point a, Point b) { return a.y < b.y; };
  auto begin = run.begin();
  for (auto last = begin; begin != run.end();) {
    const auto end = std::find_if(begin, run.end(),
                                  [&](const Point& point) { return !same_column(*begin, point); });
    const auto [top, bottom] = std::minmax_element(begin, end, by_height);
    for (const auto point : {begin, std::min(top, bottom), std::max(top, bottom), end - 1}) {
      stroke.add(*last, *point, kLineRadius);
      last = point;
    }
    begin = end;
  }
}

/// Draws a line through `points`; those with a y of NaN are gaps.
void draw_line(Image& image, Box area, const std::vector<Point>& points, Colour colour) {
  Stroke stroke(area);
  std::vector<Point> run;
  for (const Point& point : points) {
    if (!std::isnan(point.y)) {
      run.push_back(point);
      continue;
    }
    add_run(stroke, run);
    run.clear();
  }
  add_run(stroke, run);
  stroke.paint(image, colour);
}

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

/// `number` times ten to the power of `exponent`: "0.25", or "2e-08" without needless digits.
std::string label_of(std::int64_t number, int exponent, bool scientific) {
  if (number == 0) {
    return "0";
  }
  int decimals = std::max(0, -exponent);
  if (scientific) {
    for (; number % 10 == 0; number /= 10) {
      ++exponent;
    }
    decimals = static_cast<int>(std::to_string(std::abs(number)).size()) - 1;
  }
  char text[64];
  const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  const double value = static_cast<double>(number) * std::pow(10.0, exponent);
  return {text, std::to_chars(text, std::end(text), value, format, decimals).ptr};
}

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::InvalidArgument, "[plot] " + reason);
}

}  // namespace

std::vector<AxisTick> axis_ticks(double low, double high, int max_intervals, double min_step) {
  const double least = std::max((high - low) / max_intervals, min_step) * (1 - 1e-9);
  int exponent = static_cast<int>(std::floor(std::log10(least)));
  int mantissa = 1;
  while (mantissa * std::pow(10.0, exponent) < least) {
    mantissa = mantissa == 2 ? 5 : mantissa * 2;  // 1, 2, 5, 10
  }
  if (mantissa == 10) {
    mantissa = 1;
    ++exponent;
  }
  const double unit = std::pow(10.0, exponent);
  const auto first = static_cast<std::int64_t>(std::ceil(low / (mantissa * unit) - 1e-6));
  const auto last = static_cast<std::int64_t>(std::floor(high / (mantissa * unit) + 1e-6));
  const double largest = std::max(std::abs(low), std::abs(high));
  const bool scientific = largest < 1e-3 || largest >= 1e7;
  std::vector<AxisTick> ticks;
  for (std::int64_t i = first; i <= last; ++i) {
    const std::int64_t number = i * mantissa;
    ticks.push_back({static_cast<double>(number) * unit, label_of(number, exponent, scientific)});
  }
  return ticks;
}

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
