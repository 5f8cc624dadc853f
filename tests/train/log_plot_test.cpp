#include "apps/train/log_plot.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ptravel::train {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// Every tag is closed in order, quotes are paired, and no number is missing.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  std::size_t at = 0;
  while ((at = svg.find('<', at)) != svg.npos) {
    const std::size_t end = svg.find('>', at);
    ASSERT_NE(end, svg.npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    EXPECT_EQ(tag.find('<'), tag.npos) << tag;
    EXPECT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag;
    const std::string name = tag.substr(tag.starts_with('/') ? 1 : 0, tag.find(' '));
    if (tag.starts_with('/')) {
      ASSERT_FALSE(open.empty()) << tag;
      EXPECT_EQ(open.back(), name);
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
    at = end + 1;
  }
  EXPECT_TRUE(open.empty());
  EXPECT_TRUE(svg.starts_with("<svg "));
  std::string lower = svg;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  EXPECT_EQ(lower.find("nan"), lower.npos);
  EXPECT_EQ(lower.find("inf"), lower.npos);
}

TEST(LogPlot, DrawsAPlotForEachColumn) {
  std::string csv = "step,loss,rate\n";
  for (int i = 1; i <= 2000; ++i) {
    csv += std::to_string(20 * i) + "," + std::to_string(1.0 / i) + ",0.001\n";
  }
  const std::string svg = plot_log(csv, "Training");
  expect_well_formed(svg);
  EXPECT_EQ(count(svg, "<polyline"), 2U);
  EXPECT_NE(svg.find(">loss</text>"), svg.npos);
  EXPECT_NE(svg.find(">rate</text>"), svg.npos);
  EXPECT_NE(svg.find(">Training</text>"), svg.npos);
  EXPECT_NE(svg.find("40000 steps"), svg.npos);
  EXPECT_LT(svg.size(), 60000U);
}

TEST(LogPlot, LeavesOutValuesThatAreNone) {
  const std::string svg = plot_log(
      "step,seconds,a,b\n20,1,nan,nan\n40,2,0.5,-nan\n60,3,inf,nan\n80,4,0.1,nan\n", "Training");
  expect_well_formed(svg);
  EXPECT_EQ(count(svg, "<polyline"), 3U);
  const std::size_t points = svg.find("points=\"", svg.find(">a</text>")) + 8;
  const std::string drawn = svg.substr(points, svg.find('"', points) - points);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), ','), 2);
}

TEST(LogPlot, OfLogsWithLittleInThem) {
  for (const char* csv : {"", "\n", "step\n", "step,loss\n", "step,loss\n20,0.5\n",
                          "step,loss\n20,0\n40,0\n", "step,loss\n20\n40,-1,3\n"}) {
    expect_well_formed(plot_log(csv, "Training"));
  }
}

}  // namespace
}  // namespace ptravel::train
