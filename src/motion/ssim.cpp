#include "motion/ssim.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kChannels = 3;
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

Plane blurred(const Plane& plane) { return gaussian_blur(plane, kSigma, kRadius, Edge::Single); }

MultiScaleView::Channel prepared(Plane values) {
  Plane means = blurred(values);
  Plane squares = blurred(product(values, values));
  return {std::move(values), std::move(means), std::move(squares)};
}

SsimMaps ssim_maps(const MultiScaleView::Channel& a, const MultiScaleView::Channel& b) {
  const Plane both = blurred(product(a.values, b.values));
  SsimMaps maps{Plane(both.width, both.height), Plane(both.width, both.height)};
  for (std::size_t i = 0; i < both.values.size(); ++i) {
    const double mu_a = a.mean.values[i];
    const double mu_b = b.mean.values[i];
    const double variance_a = std::max(a.square.values[i] - mu_a * mu_a, 0.0);
    const double variance_b = std::max(b.square.values[i] - mu_b * mu_b, 0.0);
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

void require_sides(const char* operation, const Image& image, int least) {
  if (std::min(image.width, image.height) < least) {
    throw Error(ErrorCode::InvalidArgument,
                std::string("[") + operation + "] " + std::to_string(image.width) + "x" +
                    std::to_string(image.height) + ", expected sides of at least " +
                    std::to_string(least));
  }
}

}  // namespace

double ssim(const Image& one, const Image& other, SsimBorder border) {
  const int cut = border == SsimBorder::Cropped ? kRadius : 0;
  require_same_size("ssim", one.width, one.height, other.width, other.height);
  require_sides("ssim", one, border == SsimBorder::Cropped ? 2 * kRadius + 1 : kRadius + 1);
  double sum = 0;
  for (int channel = 0; channel < kChannels; ++channel) {
    const SsimMaps maps =
        ssim_maps(prepared(channel_plane(one, channel)), prepared(channel_plane(other, channel)));
    sum += mean_inside(maps.similarity, cut);
  }
  return sum / kChannels;
}

MultiScaleView::MultiScaleView(const Image& image) : width(image.width), height(image.height) {
  require_sides("ms-ssim", image, kLeastMultiScaleSide);
  for (int channel = 0; channel < kChannels; ++channel) {
    channels.push_back(prepared(channel_plane(image, channel)));
  }
  while (channels.size() < kChannels * kScaleWeights.size()) {
    const Plane& larger = channels[channels.size() - kChannels].values;
    channels.push_back(prepared(block_means(larger, 2)));
  }
}

double ms_ssim(const MultiScaleView& one, const MultiScaleView& other) {
  require_same_size("ms-ssim", one.width, one.height, other.width, other.height);
  double result = 1;
  for (std::size_t scale = 0; scale < kScaleWeights.size(); ++scale) {
    const bool last = scale + 1 == kScaleWeights.size();
    double term = 0;
    for (std::size_t i = scale * kChannels; i < (scale + 1) * kChannels; ++i) {
      const SsimMaps maps = ssim_maps(one.channels[i], other.channels[i]);
      term += (last ? mean(maps.similarity) : mean_inside(maps.contrast, kRadius)) / kChannels;
    }
    result *= std::pow(std::max(term, 0.0), kScaleWeights[scale]);
  }
  return result;
}

double ms_ssim(const Image& one, const Image& other) {
  return ms_ssim(MultiScaleView(one), MultiScaleView(other));
}

}  // namespace ptravel
