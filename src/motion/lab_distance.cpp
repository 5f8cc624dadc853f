// CIE L*a*b* of sRGB pictures under D65 (IEC 61966-2-1, CIE 15).

#include "motion/lab_distance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kShortSide = 64;

double linear(double srgb) {
  return srgb <= 0.04045 ? srgb / 12.92 : std::pow((srgb + 0.055) / 1.055, 2.4);
}

double lab_curve(double t) {
  constexpr double kDelta = 6.0 / 29.0;
  return t > kDelta * kDelta * kDelta ? std::cbrt(t) : t / (3 * kDelta * kDelta) + 4.0 / 29.0;
}

std::array<float, 3> lab_of(const std::array<double, 3>& srgb) {
  const double r = linear(srgb[0]);
  const double g = linear(srgb[1]);
  const double b = linear(srgb[2]);
  const double x = lab_curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const double y = lab_curve(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
  const double z = lab_curve((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
  return {static_cast<float>(116 * y - 16), static_cast<float>(500 * (x - y)),
          static_cast<float>(200 * (y - z))};
}

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
      const auto values = lab_of(block_mean(image, x, y, factor));
      lab.values.insert(lab.values.end(), values.begin(), values.end());
    }
  }
  return lab;
}

double lab_distance(const LabPicture& one, const LabPicture& other) {
  if (one.width != other.width || one.height != other.height) {
    throw Error(ErrorCode::InvalidArgument,
                "[lab distance] " + std::to_string(one.width) + "x" + std::to_string(one.height) +
                    " and " + std::to_string(other.width) + "x" + std::to_string(other.height) +
                    ", expected pictures of one size");
  }
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
