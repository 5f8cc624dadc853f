// Drawing through OpenCV, whose letters are strokes inside the library: no font is looked for, and
// equal input gives equal pixels on every machine.

#include "media/plot_canvas.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace ptravel {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr int kLineWidth = 2;
constexpr int kDotRadius = 3;
constexpr int kRingRadius = 6;
constexpr int kShift = 4;  // places between pixels in sixteenths

double scale_of(TextSize size) { return size == TextSize::Small ? 0.5 : 0.6; }

cv::Scalar scalar(Colour colour) {
  return {double(colour[0]), double(colour[1]), double(colour[2])};
}

/// OpenCV's view of the picture's pixels.
cv::Mat matrix(Image& image) { return {image.height, image.width, CV_8UC3, image.pixels.data()}; }

/// The part of `area` that is inside the picture.
cv::Rect inside(const Image& image, Box area) {
  return cv::Rect(area.left, area.top, std::max(area.width(), 0), std::max(area.height(), 0)) &
         cv::Rect(0, 0, image.width, image.height);
}

void put_text(
    cv::Mat target, cv::Point base, const std::string& text, Colour colour, TextSize size) {
  cv::putText(target, text, base, kFont, scale_of(size), scalar(colour), 1, cv::LINE_AA);
}

/// In sixteenths of a pixel from the corner of `area`.
cv::Point fine(Point point, cv::Rect area) {
  const auto place = [](double value) {
    return static_cast<int>(std::lround(value * (1 << kShift)));
  };
  return {place(point.x - area.x), place(point.y - area.y)};
}

/// What is to be seen of neighbouring points: of those in one column of pixels the first, the last
/// and the extremes, so that a million values take hardly longer than a thousand.
std::vector<Point> thinned(const std::vector<Point>& run) {
  const auto same_column = [](Point a, Point b) { return std::floor(a.x) == std::floor(b.x); };
  const auto by_height = [](Point a, Point b) { return a.y < b.y; };
  std::vector<Point> result;
  for (auto begin = run.begin(); begin != run.end();) {
    const auto end = std::find_if(begin, run.end(),
                                  [&](const Point& point) { return !same_column(*begin, point); });
    const auto [top, bottom] = std::minmax_element(begin, end, by_height);
    result.push_back(*begin);
    result.push_back(*std::min(top, bottom));
    result.push_back(*std::max(top, bottom));
    result.push_back(*(end - 1));
    begin = end;
  }
  return result;
}

void draw_run(cv::Mat target, cv::Rect area, const std::vector<Point>& run, Colour colour) {
  std::vector<cv::Point> points;
  for (const Point& point : thinned(run)) {
    const cv::Point place = fine(point, area);
    if (points.empty() || points.back() != place) {
      points.push_back(place);
    }
  }
  if (points.size() == 1) {
    cv::circle(target, points[0], kDotRadius << kShift, scalar(colour), cv::FILLED, cv::LINE_AA,
               kShift);
  } else {
    cv::polylines(target, points, false, scalar(colour), kLineWidth, cv::LINE_AA, kShift);
  }
}

}  // namespace

int text_width(const std::string& text, TextSize size) {
  int base_line = 0;
  return cv::getTextSize(text, kFont, scale_of(size), 1, &base_line).width;
}

void PlotCanvas::fill(Box box, Colour colour) {
  matrix(image_)(inside(image_, box)).setTo(scalar(colour));
}

void PlotCanvas::text(int left, int base, const std::string& text, Colour colour, TextSize size) {
  put_text(matrix(image_), {left, base}, text, colour, size);
}

void PlotCanvas::text_upwards(int base, int bottom, const std::string& text, Colour colour) {
  const cv::Rect place = inside(image_, {base - cap_height(TextSize::Small) - kDescent,
                                         bottom - text_width(text), base + kDescent, bottom});
  if (place.empty()) {
    return;
  }
  cv::Mat part = matrix(image_)(place);
  cv::Mat turned;
  cv::rotate(part, turned, cv::ROTATE_90_CLOCKWISE);
  put_text(turned, {0, base - place.x}, text, colour, TextSize::Small);
  cv::rotate(turned, part, cv::ROTATE_90_COUNTERCLOCKWISE);
}

void PlotCanvas::line(Box area, const std::vector<Point>& points, Colour colour) {
  const cv::Rect seen = inside(image_, area);
  if (seen.empty()) {
    return;
  }
  cv::Mat target = matrix(image_)(seen);
  for (auto begin = points.begin(); begin != points.end();) {
    const auto is_gap = [](const Point& point) { return std::isnan(point.y); };
    const auto end = std::find_if(begin, points.end(), is_gap);
    if (begin != end) {
      draw_run(target, seen, {begin, end}, colour);
    }
    begin = std::find_if_not(end, points.end(), is_gap);
  }
}

void PlotCanvas::ring(Box area, Point middle, Colour colour) {
  const cv::Rect seen = inside(image_, area);
  if (!seen.empty()) {
    cv::Mat target = matrix(image_)(seen);
    cv::circle(target, fine(middle, seen), kRingRadius << kShift, scalar(colour), 1, cv::LINE_AA,
               kShift);
  }
}

}  // namespace ptravel
