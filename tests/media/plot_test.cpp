#include "media/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "media/plot_canvas.h"
#include "tests/media/media_testing.h"
#include "tests/media/plot_testing.h"

namespace ptravel {
namespace {

using media_testing::expect_error;
using media_testing::Pixel;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Pixel kGrid{226, 226, 226};
constexpr Pixel kFirst{0, 114, 178};
constexpr Pixel kSecond{213, 94, 0};
constexpr Pixel kColours[] = {kFirst,        kSecond,        {0, 158, 115}, {204, 121, 167},
                              {230, 159, 0}, {86, 180, 233}, {0, 0, 0}};

int count_of(const Image& image, Pixel colour) {
  int count = 0;
  for (int i = 0; i < image.width * image.height; ++i) {
    count += pixel_at(image, i % image.width, i / image.width) == colour;
  }
  return count;
}

/// Texts, axes and the grid are grey; lines and the legend are not.
bool coloured(Pixel pixel) { return pixel[0] != pixel[1] || pixel[1] != pixel[2]; }

bool any_coloured(const Image& image, int left, int right) {
  for (int i = 0; i < image.width * image.height; ++i) {
    const int x = i % image.width;
    if (x >= left && x < right && coloured(pixel_at(image, x, i / image.width))) {
      return true;
    }
  }
  return false;
}

/// The rows of the grid from top to bottom, and its columns from left to right.
struct Grid {
  std::vector<int> rows;
  std::vector<int> columns;
};

/// Expects few enough lines that most of each grid line is to be seen.
Grid find_grid(const Image& image) {
  Grid grid;
  for (int y = 0; y < image.height; ++y) {
    int count = 0;
    for (int x = 0; x < image.width; ++x) {
      count += pixel_at(image, x, y) == kGrid;
    }
    if (count > image.width / 2) {
      grid.rows.push_back(y);
    }
  }
  for (int x = 0; x < image.width; ++x) {
    int count = 0;
    for (int y = 0; y < image.height; ++y) {
      count += pixel_at(image, x, y) == kGrid;
    }
    if (count > image.height / 2) {
      grid.columns.push_back(x);
    }
  }
  return grid;
}

PlotPanel panel_of(std::vector<double> values) { return {"", "", {{"", std::move(values)}}}; }

std::vector<std::string> labels(double low, double high, int intervals, double min_step = 0.0) {
  std::vector<std::string> result;
  for (const AxisTick& tick : axis_ticks(low, high, intervals, min_step)) {
    result.push_back(tick.label);
  }
  return result;
}

TEST(AxisTicks, StepsAreOneTwoOrFiveTimesAPowerOfTen) {
  for (int scale = -12; scale <= 12; ++scale) {
    for (const double span : {1.0, 1.3, 1.99, 2.5, 3.7, 5.0, 7.77, 9.9}) {
      const double width = span * std::pow(10.0, scale);
      for (const double low : {0.0, -0.4 * width, 17.3 * width}) {
        const auto ticks = axis_ticks(low, low + width, 5);
        ASSERT_GE(ticks.size(), 2U);
        EXPECT_LE(ticks.size(), 6U);
        const double step = ticks[1].value - ticks[0].value;
        const double power = std::pow(10.0, std::floor(std::log10(step * 1.001)));
        const double mantissa = step / power;
        const double nearest = mantissa < 1.5 ? 1.0 : mantissa < 3.5 ? 2.0 : 5.0;
        EXPECT_NEAR(mantissa, nearest, 1e-6) << low << " " << width;
        EXPECT_NEAR(std::remainder(ticks[0].value, step) / step, 0.0, 1e-6);
        EXPECT_GE(ticks.front().value, low - 1e-5 * width);
        EXPECT_LE(ticks.back().value, low + 1.00001 * width);
        EXPECT_GT(ticks.front().value - step, low - 1.00001 * step);
        EXPECT_LT(ticks.front().value - step, low);
        EXPECT_GT(ticks.back().value + step, low + width);
        for (std::size_t i = 0; i < ticks.size(); ++i) {
          EXPECT_NEAR(std::stod(ticks[i].label), ticks[i].value, 1e-6 * step);
          EXPECT_NEAR(ticks[i].value, ticks[0].value + step * static_cast<double>(i), 1e-6 * step);
        }
      }
    }
  }
}

TEST(AxisTicks, LabelsAreShort) {
  using Labels = std::vector<std::string>;
  EXPECT_EQ(labels(0, 1, 5), (Labels{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(labels(0.2, 0.3, 2), (Labels{"0.20", "0.25", "0.30"}));
  EXPECT_EQ(labels(-1.5, 1.2, 3), (Labels{"-1", "0", "1"}));
  EXPECT_EQ(labels(90, 210, 3), (Labels{"100", "150", "200"}));
  EXPECT_EQ(labels(0, 1e6, 2), (Labels{"0", "500000", "1000000"}));
  EXPECT_EQ(labels(0, 3e7, 6),
            (Labels{"0", "5e+06", "1e+07", "1.5e+07", "2e+07", "2.5e+07", "3e+07"}));
  EXPECT_EQ(labels(0, 2e-8, 2), (Labels{"0", "1e-08", "2e-08"}));
  EXPECT_EQ(labels(0.5, 0.50000002, 2), (Labels{"0.50000000", "0.50000001", "0.50000002"}));
}

TEST(AxisTicks, KeepTheLeastStep) {
  EXPECT_EQ(labels(0, 3, 10, 1.0), (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(labels(0, 100, 10, 30.0), (std::vector<std::string>{"0", "50", "100"}));
}

TEST(Plot, ValuesStandWhereTheAxesSay) {
  const Image image = draw_plot({panel_of({0, kNan, 4, kNan, 10})});
  ASSERT_EQ(image.width, 960);
  ASSERT_EQ(image.height, 300);
  const Grid grid = find_grid(image);
  ASSERT_EQ(grid.rows.size(), 6U) << "0, 2, ..., 10";
  ASSERT_EQ(grid.columns.size(), 5U);
  for (int column = 0; column < 5; ++column) {
    for (int row = 0; row < 6; ++row) {
      const bool here =
          (column == 0 && row == 5) || (column == 2 && row == 3) || (column == 4 && row == 0);
      EXPECT_EQ(pixel_at(image, grid.columns[column], grid.rows[row]), here ? kFirst : kGrid)
          << column << " " << row;
    }
  }
}

TEST(Plot, PositionsFollowFirstAndStep) {
  PlotPanel panel = panel_of({1, kNan, 3});
  panel.x_first = 50;
  panel.x_step = 25;
  const Image image = draw_plot({panel});
  const Grid grid = find_grid(image);
  ASSERT_EQ(grid.columns.size(), 2U) << "50 and 100";
  EXPECT_EQ(pixel_at(image, grid.columns[0], grid.rows.back()), kFirst);
  EXPECT_EQ(pixel_at(image, grid.columns[1], grid.rows.front()), kFirst);
}

TEST(Plot, LinesAreThinAndSmooth) {
  const Image flat = draw_plot({panel_of({1, 1, 1, 1, 1})});
  const Image slanted = draw_plot({panel_of({0, 1})});
  for (const Image* image : {&flat, &slanted}) {
    int low = image->height;
    int high = 0;
    for (int x = 300; x < 600; x += 7) {
      double covered = 0.0;
      for (int y = 0; y < image->height; ++y) {
        const Pixel pixel = pixel_at(*image, x, y);
        if (coloured(pixel)) {
          covered += (255.0 - pixel[0]) / (255.0 - kFirst[0]);
          low = std::min(low, y);
          high = std::max(high, y);
        }
      }
      EXPECT_NEAR(covered, 3.0, 0.8) << x;
    }
    EXPECT_EQ(high - low > 50, image == &slanted);
  }
  EXPECT_GT(count_of(slanted, kFirst), 300);
}

TEST(Plot, GapsLeaveNoLine) {
  for (const double gap : {kNan, kInfinity, -kInfinity, 1e300}) {
    const Image image = draw_plot({panel_of({1, 2, gap, gap, 1, 2})});
    const std::vector<int> columns = find_grid(image).columns;
    ASSERT_EQ(columns.size(), 6U);
    EXPECT_TRUE(any_coloured(image, columns[0] + 20, columns[1] - 20)) << gap;
    EXPECT_FALSE(any_coloured(image, columns[1] + 4, columns[4] - 4)) << gap;
    EXPECT_TRUE(any_coloured(image, columns[4] + 20, columns[5] - 20)) << gap;
  }
}

TEST(Plot, ManyValuesKeepTheirExtremes) {
  std::vector<double> values(10000, 1.0);
  values[5001] = 3.0;
  values[5007] = -1.0;
  const Image image = draw_plot({panel_of(values)});
  const Grid grid = find_grid(image);
  const auto row_has_line = [&](int y) {
    for (int x = 0; x < image.width; ++x) {
      if (coloured(pixel_at(image, x, y))) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(row_has_line(grid.rows.front()));
  EXPECT_TRUE(row_has_line(grid.rows.back()));
  EXPECT_FALSE(row_has_line(grid.rows.front() - 4));
  EXPECT_FALSE(row_has_line(grid.rows.back() + 4));
}

TEST(Plot, LegendShowsTheColours) {
  PlotPanel panel{"title", "x", {}};
  for (int i = 0; i < 7; ++i) {
    panel.lines.push_back({"line " + std::to_string(i), {kNan}});
  }
  const Image image = draw_plot({panel});
  for (const Pixel colour : kColours) {
    EXPECT_GE(count_of(image, colour), 26 * 3) << int{colour[0]};
  }
  for (PlotLine& line : panel.lines) {
    line.name.clear();
  }
  const Image bare = draw_plot({panel});
  EXPECT_FALSE(any_coloured(bare, 0, bare.width)) << "no name, no entry";
}

TEST(Plot, LaterLinesHaveOtherColours) {
  const PlotPanel panel{"", "", {{"", {1, 1}}, {"", {2, 2}}}};
  const Image image = draw_plot({panel});
  EXPECT_GT(count_of(image, kFirst), 800);
  EXPECT_GT(count_of(image, kSecond), 800);
}

TEST(Plot, PanelsStandOneUnderTheOther) {
  const PlotPanel first{"a", "x", {{"p", {1, 2, 3}}}};
  const PlotPanel second{"b", "y", {{"q", {3, 1, 2}}}};
  const Image both = draw_plot({first, second}, 400, 200);
  ASSERT_EQ(both.height, 400);
  Image stacked = draw_plot({first}, 400, 200);
  const Image lower = draw_plot({second}, 400, 200);
  stacked.pixels.insert(stacked.pixels.end(), lower.pixels.begin(), lower.pixels.end());
  EXPECT_TRUE(both.pixels == stacked.pixels);
}

TEST(Plot, LeftEdgesAgree) {
  const Image image = draw_plot({panel_of({0, 1}), panel_of({0, 4e-12})}, 400, 200);
  const Grid grid = find_grid(image);
  EXPECT_EQ(grid.columns.size(), 2U) << "0 and 1, the same pixels in both panels";
}

TEST(Plot, EqualInputGivesEqualPixels) {
  const PlotPanel panel{"title", "x", {{"a", {0.1, 0.7, 0.3}}, {"b", {0.2, kNan, 0.9}}}};
  EXPECT_TRUE(draw_plot({panel}) == draw_plot({panel}));
  PlotPanel other = panel;
  other.lines[0].values[1] = 0.6;
  EXPECT_FALSE(draw_plot({panel}) == draw_plot({other}));
}

TEST(Plot, OddInputIsDrawn) {
  const std::vector<std::vector<double>> odd = {{},
                                                {0},
                                                {0.25},
                                                {5, 5, 5},
                                                {-3, -3},
                                                {kNan},
                                                {kInfinity},
                                                {1e100, -1e100},
                                                {1e-310, 2e-310},
                                                {1e-90, 3e-90},
                                                {1e-8, 2e-8},
                                                {1e6, 3e6},
                                                {1, 1 + 1e-15},
                                                {0.5, 0.5 + 2e-8},
                                                {kNan, 1, kNan, 2, kNan},
                                                {1e15, 1e15 + 1}};
  for (std::size_t i = 0; i < odd.size(); ++i) {
    for (const double x_first : {0.0, 1e9, -1e100}) {
      for (const double x_step : {1.0, 1e-100, 1e100, 0.3}) {
        const PlotPanel panel{"odd", "x", {{"", odd[i]}}, x_first, x_step};
        const Image image = draw_plot({panel}, 320, 200);
        const bool has_value = std::any_of(odd[i].begin(), odd[i].end(),
                                           [](double value) { return std::isfinite(value); });
        EXPECT_EQ(any_coloured(image, 0, image.width), has_value) << i << " " << x_first;
        EXPECT_GT(count_of(image, kGrid), 100) << i << " " << x_first << " " << x_step;
      }
    }
  }
  EXPECT_EQ(draw_plot({PlotPanel{}}).height, 300);
}

TEST(Plot, LongNamesAndSmallPicturesAreDrawn) {
  PlotPanel panel{std::string(300, 'T'), std::string(300, 'x'), {}};
  for (int i = 0; i < 50; ++i) {
    panel.lines.push_back({std::string(static_cast<std::size_t>(3 * i), 'n'), {0.0, 1.0 * i}});
  }
  for (const auto& [width, height] : {std::pair{240, 200}, {241, 333}, {2000, 201}}) {
    const Image image = draw_plot({panel, panel}, width, height);
    EXPECT_EQ(image.height, 2 * height);
    EXPECT_TRUE(any_coloured(image, 0, width));
  }
}

TEST(Plot, WrongSizesAndPositionsAreRefused) {
  const PlotPanel panel = panel_of({1, 2});
  const auto refused = [](const std::vector<PlotPanel>& panels, int width, int height) {
    expect_error(ErrorCode::InvalidArgument, [&] { draw_plot(panels, width, height); });
  };
  refused({}, 960, 300);
  refused({panel}, 239, 300);
  refused({panel}, 16385, 300);
  refused({panel}, 960, 199);
  refused({panel, panel}, 960, 8193);
  for (const double step : {0.0, -1.0, kNan, kInfinity}) {
    refused({{"", "", {}, 0.0, step}}, 960, 300);
  }
  refused({{"", "", {}, kNan, 1.0}}, 960, 300);
}

TEST(Plot, MarksAreRingedAndNamedWhereThereIsRoom) {
  PlotPanel panel = panel_of({0, 0, 10, 0, 0});
  const Image bare = draw_plot({panel});
  panel.marks.push_back({2, 10, ""});
  const Image ringed = draw_plot({panel});
  panel.marks[0].text = "here";
  const Image named = draw_plot({panel});
  const auto changes = [](const Image& one, const Image& other) {
    Image difference = white(one.width, one.height);
    for (std::size_t i = 0; i < one.pixels.size(); ++i) {
      difference.pixels[i] = one.pixels[i] == other.pixels[i] ? 255 : 0;
    }
    return inked(difference);
  };
  const Grid grid = find_grid(bare);
  const Box ring = changes(bare, ringed);
  EXPECT_NEAR((ring.left + ring.right) / 2, grid.columns.at(2), 1);
  EXPECT_LE(ring.top, grid.rows.front());
  EXPECT_GE(ring.bottom, grid.rows.front());
  const Box text = changes(ringed, named);
  EXPECT_GT(text.left, ring.right - 2);
  EXPECT_NEAR(text.width(), text_width("here"), 6);
  // A second text in the same place finds room on the other side; a third one finds none.
  panel.marks.push_back({2, 10, "there"});
  const Image both = draw_plot({panel});
  EXPECT_LT(changes(named, both).left, ring.left - text_width("there"));
  EXPECT_LE(changes(named, both).right, ring.right);
  panel.marks.push_back({2, 10, "nowhere"});
  const Image three = draw_plot({panel});
  EXPECT_GE(changes(both, three).left, ring.left) << "only its ring";
  EXPECT_LE(changes(both, three).right, ring.right);
  panel.marks.push_back({kNan, 10, "no place"});
  EXPECT_TRUE(draw_plot({panel}) == three);
}

TEST(Plot, AxesMayBeginAtZeroAndHaveNames) {
  PlotPanel panel = panel_of({5, 6});
  const std::size_t rows = find_grid(draw_plot({panel})).rows.size();
  panel.from_zero = true;
  const Image image = draw_plot({panel});
  EXPECT_EQ(find_grid(image).rows.size(), 7U) << "0, 1, ..., 6";
  EXPECT_EQ(rows, 6U) << "5.0, 5.2, ..., 6.0";
  panel.y_label = "height";
  EXPECT_LT(find_grid(image).columns.front(), find_grid(draw_plot({panel})).columns.front());
}

}  // namespace
}  // namespace ptravel
