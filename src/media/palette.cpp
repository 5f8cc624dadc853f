#include "media/palette.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::size_t kMaxColours = 256;
constexpr int kCellBits = 6;
constexpr int kCellShift = 8 - kCellBits;
constexpr std::size_t kCellCount = std::size_t{1} << (3 * kCellBits);
constexpr int kRefinements = 3;

using Point = std::array<double, 3>;

std::size_t cell_index(int red, int green, int blue) {
  return static_cast<std::size_t>(red >> kCellShift) << (2 * kCellBits) |
         static_cast<std::size_t>(green >> kCellShift) << kCellBits |
         static_cast<std::size_t>(blue >> kCellShift);
}

/// The mean colour of a cell and how many pixels have it.
struct Sample {
  Point colour{};
  double weight = 0;
};

double squared_distance(const Point& a, const Point& b) {
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  }
  return sum;
}

/// Samples that one palette colour stands for.
struct Group {
  std::span<Sample> samples;
  Point mean{};
  double error = 0;  ///< Weighted squared distances from the mean.
  int axis = 0;      ///< The channel with the largest part of it.
};

Group measure(std::span<Sample> samples) {
  Group group{samples};
  double weight = 0;
  for (const Sample& sample : samples) {
    weight += sample.weight;
    for (int i = 0; i < 3; ++i) {
      group.mean[i] += sample.colour[i] * sample.weight;
    }
  }
  for (double& value : group.mean) {
    value /= weight;
  }
  Point spread{};
  for (const Sample& sample : samples) {
    for (int i = 0; i < 3; ++i) {
      const double distance = sample.colour[i] - group.mean[i];
      spread[i] += distance * distance * sample.weight;
    }
  }
  group.axis = static_cast<int>(std::max_element(spread.begin(), spread.end()) - spread.begin());
  group.error = spread[0] + spread[1] + spread[2];
  return group;
}

std::vector<Group> split_into_groups(std::span<Sample> samples) {
  std::vector<Group> groups = {measure(samples)};
  while (groups.size() < kMaxColours) {
    Group& worst =
        *std::max_element(groups.begin(), groups.end(),
                          [](const auto& a, const auto& b) { return a.error < b.error; });
    if (worst.error <= 0) {
      break;
    }
    const auto middle = std::partition(
        worst.samples.begin(), worst.samples.end(),
        [&](const Sample& sample) { return sample.colour[worst.axis] < worst.mean[worst.axis]; });
    const auto lower = static_cast<std::size_t>(middle - worst.samples.begin());
    if (lower == 0 || lower == worst.samples.size()) {
      worst.error = 0;  // equal but for rounding
      continue;
    }
    const std::span<Sample> all = worst.samples;
    worst = measure(all.first(lower));
    groups.push_back(measure(all.subspan(lower)));
  }
  return groups;
}

std::size_t nearest_point(const std::vector<Point>& points, const Point& point) {
  std::size_t nearest = 0;
  double smallest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double distance = squared_distance(points[i], point);
    if (distance < smallest) {
      smallest = distance;
      nearest = i;
    }
  }
  return nearest;
}

/// One step of Lloyd's iteration.
void refine(std::vector<Point>& points, std::span<const Sample> samples) {
  std::vector<Sample> sums(points.size());
  for (const Sample& sample : samples) {
    Sample& sum = sums[nearest_point(points, sample.colour)];
    sum.weight += sample.weight;
    for (int i = 0; i < 3; ++i) {
      sum.colour[i] += sample.colour[i] * sample.weight;
    }
  }
  for (std::size_t k = 0; k < points.size(); ++k) {
    for (int i = 0; i < 3 && sums[k].weight > 0; ++i) {
      points[k][i] = sums[k].colour[i] / sums[k].weight;
    }
  }
}

}  // namespace

ColourHistogram::ColourHistogram() : cells_(kCellCount) {}

void ColourHistogram::add(const Image& image) {
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    const std::uint8_t* pixel = image.pixels.data() + i;
    Cell& cell = cells_[cell_index(pixel[0], pixel[1], pixel[2])];
    ++cell.count;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      cell.sums[channel] += pixel[channel];
    }
  }
}

std::vector<Colour> ColourHistogram::choose_palette() const {
  std::vector<Sample> samples;
  for (const Cell& cell : cells_) {
    if (cell.count > 0) {
      const auto weight = static_cast<double>(cell.count);
      Sample sample{{}, weight};
      for (std::size_t i = 0; i < 3; ++i) {
        sample.colour[i] = static_cast<double>(cell.sums[i]) / weight;
      }
      samples.push_back(sample);
    }
  }
  std::vector<Colour> palette;
  if (samples.empty()) {
    return palette;
  }
  std::vector<Point> points;
  for (const Group& group : split_into_groups(samples)) {
    points.push_back(group.mean);
  }
  for (int i = 0; i < kRefinements; ++i) {
    refine(points, samples);
  }
  for (const Point& point : points) {
    Colour colour{};
    std::transform(point.begin(), point.end(), colour.begin(),
                   [](double value) { return static_cast<std::uint8_t>(std::lround(value)); });
    palette.push_back(colour);
  }
  return palette;
}

PaletteMapper::PaletteMapper(std::vector<Colour> palette)
    : palette_(std::move(palette)), nearest_(kCellCount, -1) {
  PTRAVEL_CHECK(!palette_.empty() && palette_.size() <= kMaxColours);
}

std::uint8_t PaletteMapper::nearest(const std::array<int, 3>& colour) {
  std::int16_t& index = nearest_[cell_index(colour[0], colour[1], colour[2])];
  if (index < 0) {
    int smallest = std::numeric_limits<int>::max();
    for (std::size_t k = 0; k < palette_.size(); ++k) {
      int distance = 0;
      for (std::size_t i = 0; i < 3; ++i) {
        const int difference = palette_[k][i] - colour[i];
        distance += difference * difference;
      }
      if (distance < smallest) {
        smallest = distance;
        index = static_cast<std::int16_t>(k);
      }
    }
  }
  return static_cast<std::uint8_t>(index);
}

void PaletteMapper::map(const Image& image, std::uint8_t* indices, std::size_t stride) {
  // Errors handed on, in quarters; position x is at x + 1, so that both neighbours exist.
  const std::size_t width = static_cast<std::size_t>(image.width);
  std::vector<std::array<int, 3>> here(width + 2);
  std::vector<std::array<int, 3>> below(width + 2);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* pixel = image.row(y);
    std::uint8_t* out = indices + static_cast<std::size_t>(y) * stride;
    for (std::size_t x = 0; x < width; ++x, pixel += 3) {
      std::array<int, 3> wanted{};
      for (std::size_t i = 0; i < 3; ++i) {
        wanted[i] = std::clamp(pixel[i] + (here[x + 1][i] + 2) / 4, 0, 255);
      }
      out[x] = nearest(wanted);
      for (std::size_t i = 0; i < 3; ++i) {
        const int error = wanted[i] - palette_[out[x]][i];
        here[x + 2][i] += 2 * error;
        below[x][i] += error;
        below[x + 1][i] += error;
      }
    }
    std::swap(here, below);
    std::fill(below.begin(), below.end(), std::array<int, 3>{});
  }
}

}  // namespace ptravel
