#include "motion/frame_view.h"

#include <array>
#include <cmath>

#include "motion/cie_lab.h"

namespace ptravel {
namespace {

constexpr int kScales = 3;
constexpr double kSigma = 1.5;
constexpr int kRadius = 6;  // four sigma
constexpr double kC1 = 1;
constexpr double kC2 = 9;

Plane blurred(const Plane& plane) { return gaussian_blur(plane, kSigma, kRadius, Edge::Doubled); }
Plane blurred(const Plane& one, const Plane& other) {
  return blurred_product(one, other, kSigma, kRadius, Edge::Doubled);
}

/// linear_light of all values of a byte.
const std::array<double, 256>& light_table() {
  static const auto table = [] {
    std::array<double, 256> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = linear_light(static_cast<double>(i) / 255);
    }
    return values;
  }();
  return table;
}

double mean_similarity(const FrameView::Scale& one, const FrameView::Scale& other) {
  const Plane both = blurred(one.lightness, other.lightness);
  double sum = 0;
  for (std::size_t i = 0; i < both.values.size(); ++i) {
    const double mu_a = one.mean.values[i];
    const double mu_b = other.mean.values[i];
    const double variances =
        one.square.values[i] - mu_a * mu_a + other.square.values[i] - mu_b * mu_b;
    const double covariance = both.values[i] - mu_a * mu_b;
    sum += (2 * mu_a * mu_b + kC1) * (2 * covariance + kC2) /
           ((mu_a * mu_a + mu_b * mu_b + kC1) * (variances + kC2));
  }
  return sum / static_cast<double>(both.values.size());
}

}  // namespace

FrameView::FrameView(const Image& image) : width(image.width), height(image.height) {
  const std::array<double, 256>& light = light_table();
  Plane lightness(width, height);
  lab.resize(3 * lightness.values.size());
  for (std::size_t i = 0; i < lightness.values.size(); ++i) {
    const std::uint8_t* pixel = image.pixels.data() + 3 * i;
    const Lab colour =
        lab_of_linear(light[pixel[0]], light[pixel[1]], light[pixel[2]], LabMatrix::Seven);
    lightness.values[i] = colour[0];
    for (std::size_t channel = 0; channel < 3; ++channel) {
      lab[3 * i + channel] = static_cast<float>(colour[channel]);
    }
  }
  while (scales.size() < kScales && !lightness.values.empty()) {
    Plane half = block_means(lightness, 2);
    Plane means = blurred(lightness);
    Plane squares = blurred(lightness, lightness);
    scales.push_back({std::move(lightness), std::move(means), std::move(squares)});
    lightness = std::move(half);
  }
}

double colour_distance(const FrameView& one, const FrameView& other) {
  require_same_size("colour distance", one.width, one.height, other.width, other.height);
  double sum = 0;
  for (std::size_t i = 0; i < one.lab.size(); ++i) {
    const double difference = static_cast<double>(one.lab[i]) - other.lab[i];
    sum += difference * difference;
  }
  return one.lab.empty() ? 0 : std::sqrt(sum * 3 / static_cast<double>(one.lab.size()));
}

double structure_distance(const FrameView& one, const FrameView& other) {
  require_same_size("structure distance", one.width, one.height, other.width, other.height);
  double sum = 0;
  for (std::size_t i = 0; i < one.scales.size(); ++i) {
    sum += mean_similarity(one.scales[i], other.scales[i]);
  }
  return one.scales.empty() ? 0 : 1 - sum / static_cast<double>(one.scales.size());
}

}  // namespace ptravel
