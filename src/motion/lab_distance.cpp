#include "motion/lab_distance.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "motion/cie_lab.h"
#include "motion/plane.h"

namespace ptravel {
namespace {

constexpr int kShortSide = 64;

/// Mean colour of the block at (x, y), each channel from 0 to 1.
std::array<double, 3> block_mean(const Image& image, int x, int y, int factor) {
  std::array<long long, 3> sum{};
  for (int row = y * factor; row < (y + 1) * factor; ++row) {
    const std::uint8_t* pixel = image.row(row) + static_cast<std::ptrdiff_t>(x) * factor * 3;
    for (int i = 0; i < factor * 3; ++i) {
      sum[static_cast<std::size_t>(i % 3)] += pixel[i];
    }
  }
  const double scale = 1.0 / (255.0 * factor * factor);
  return {static_cast<double>(sum[0]) * scale, static_cast<double>(sum[1]) * scale,
          static_cast<double>(sum[2]) * scale};
}

}  // namespace

LabPicture to_lab(const Image& image) {
  const int factor = std::max(1, std::min(image.width, image.height) / kShortSide);
  LabPicture lab{image.width / factor, image.height / factor, {}};
  lab.values.reserve(static_cast<std::size_t>(lab.width) * static_cast<std::size_t>(lab.height) *
                     3);
  for (int y = 0; y < lab.height; ++y) {
    for (int x = 0; x < lab.width; ++x) {
      const auto colour = block_mean(image, x, y, factor);
      const Lab values = lab_of_linear(linear_light(colour[0]), linear_light(colour[1]),
                                       linear_light(colour[2]), LabMatrix::Six);
      lab.values.insert(lab.values.end(), values.begin(), values.end());
    }
  }
  return lab;
}

double lab_distance(const LabPicture& one, const LabPicture& other) {
  require_same_size("lab distance", one.width, one.height, other.width, other.height);
  double sum = 0;
  for (std::size_t i = 0; i < one.values.size(); i += 3) {
    double square = 0;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const double difference = one.values[i + channel] - other.values[i + channel];
      square += difference * difference;
    }
    sum += std::sqrt(square);
  }
  return one.values.empty() ? 0 : sum * 3 / static_cast<double>(one.values.size());
}

}  // namespace ptravel
