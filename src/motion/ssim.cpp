#include "motion/ssim.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "motion/plane.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kRadius = 5;
constexpr double kSigma = 1.5;
constexpr double kC1 = 0.01 * 0.01;
constexpr double kC2 = 0.03 * 0.03;
constexpr std::array<double, 5> kScaleWeights = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

/// SSIM and its contrast term at each pixel of one channel.
struct SsimMaps {
  Plane similarity;
  Plane contrast;
};

SsimMaps ssim_maps(const Plane& a, const Plane& b) {
  const auto blurred = [](const Plane& plane) {
    return gaussian_blur(plane, kSigma, kRadius, Edge::Single);
  };
  const Plane mean_a = blurred(a);
  const Plane mean_b = blurred(b);
  const Plane square_a = blurred(product(a, a));
  const Plane square_b = blurred(product(b, b));
  const Plane both = blurred(product(a, b));
  SsimMaps maps{Plane(a.width, a.height), Plane(a.width, a.height)};
  for (std::size_t i = 0; i < both.values.size(); ++i) {
    const double mu_a = mean_a.values[i];
    const double mu_b = mean_b.values[i];
    const double variance_a = std::max(square_a.values[i] - mu_a * mu_a, 0.0);
    const double variance_b = std::max(square_b.values[i] - mu_b * mu_b, 0.0);
    const double covariance = both.values[i] - mu_a * mu_b;
    const double contrast = (2 * covariance + kC2) / (variance_a + variance_b + kC2);
    maps.contrast.values[i] = contrast;
    maps.similarity.values[i] =
        contrast * (2 * mu_a * mu_b + kC1) / (mu_a * mu_a + mu_b * mu_b + kC1);
  }
  return maps;
}

double mean_inside(const Plane& plane, int border) {
  double sum = 0;
  for (int y = border; y < plane.height - border; ++y) {
    for (int x = border; x < plane.width - border; ++x) {
      sum += plane.row(y)[x];
    }
  }
  return sum / ((plane.height - 2.0 * border) * (plane.width - 2.0 * border));
}

void require_sides(const char* operation, const Image& one, const Image& other, int least) {
  require_same_size(operation, one.width, one.height, other.width, other.height);
  if (std::min(one.width, one.height) < least) {
    throw Error(ErrorCode::InvalidArgument,
                std::string("[") + operation + "] " + std::to_string(one.width) + "x" +
                    std::to_string(one.height) + ", expected sides of at least " +
                    std::to_string(least));
  }
}

}  // namespace

double ssim(const Image& one, const Image& other, SsimBorder border) {
  const int cut = border == SsimBorder::Cropped ? kRadius : 0;
  require_sides("ssim", one, other, border == SsimBorder::Cropped ? 2 * kRadius + 1 : kRadius + 1);
  double sum = 0;
  for (int channel = 0; channel < 3; ++channel) {
    const SsimMaps maps = ssim_maps(channel_plane(one, channel), channel_plane(other, channel));
    sum += mean_inside(maps.similarity, cut);
  }
  return sum / 3;
}

double ms_ssim(const Image& one, const Image& other) {
  require_sides("ms-ssim", one, other, kLeastMultiScaleSide);
  std::array<double, kScaleWeights.size()> terms{};
  // One channel after the other: planes in double precision are large.
  for (int channel = 0; channel < 3; ++channel) {
    Plane a = channel_plane(one, channel);
    Plane b = channel_plane(other, channel);
    for (std::size_t scale = 0; scale < terms.size(); ++scale) {
      const SsimMaps maps = ssim_maps(a, b);
      const bool last = scale + 1 == terms.size();
      terms[scale] += (last ? mean(maps.similarity) : mean_inside(maps.contrast, kRadius)) / 3;
      a = block_means(a, 2);
      b = block_means(b, 2);
    }
  }
  double result = 1;
  for (std::size_t scale = 0; scale < terms.size(); ++scale) {
    result *= std::pow(std::max(terms[scale], 0.0), kScaleWeights[scale]);
  }
  return result;
}

}  // namespace ptravel
