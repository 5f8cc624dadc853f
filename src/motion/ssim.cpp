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

enum class Term { Similarity, Contrast };

/// The mean of SSIM or of its contrast term over all pixels of one channel but a border.
double mean_of(Term term, const Plane& a, const Plane& b, int border) {
  const auto blurred = [](const Plane& plane) {
    return gaussian_blur(plane, kSigma, kRadius, Edge::Single);
  };
  const auto blurred_products = [](const Plane& one, const Plane& other) {
    return blurred_product(one, other, kSigma, kRadius, Edge::Single);
  };
  const Plane mean_a = blurred(a);
  const Plane mean_b = blurred(b);
  const Plane square_a = blurred_products(a, a);
  const Plane square_b = blurred_products(b, b);
  const Plane both = blurred_products(a, b);
  double sum = 0;
  for (int y = border; y < a.height - border; ++y) {
    for (int x = border; x < a.width - border; ++x) {
      const double mu_a = mean_a.row(y)[x];
      const double mu_b = mean_b.row(y)[x];
      const double variance_a = std::max(square_a.row(y)[x] - mu_a * mu_a, 0.0);
      const double variance_b = std::max(square_b.row(y)[x] - mu_b * mu_b, 0.0);
      const double covariance = both.row(y)[x] - mu_a * mu_b;
      const double contrast = (2 * covariance + kC2) / (variance_a + variance_b + kC2);
      sum += term == Term::Contrast
                 ? contrast
                 : contrast * (2 * mu_a * mu_b + kC1) / (mu_a * mu_a + mu_b * mu_b + kC1);
    }
  }
  return sum / ((a.height - 2.0 * border) * (a.width - 2.0 * border));
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
    sum +=
        mean_of(Term::Similarity, channel_plane(one, channel), channel_plane(other, channel), cut);
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
      const bool last = scale + 1 == terms.size();
      terms[scale] +=
          (last ? mean_of(Term::Similarity, a, b, 0) : mean_of(Term::Contrast, a, b, kRadius)) / 3;
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
