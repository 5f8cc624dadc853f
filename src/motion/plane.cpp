#include "motion/plane.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

std::vector<double> gaussian_weights(double sigma, int radius) {
  std::vector<double> weights;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) {
    weight /= sum;
  }
  return weights;
}

/// The place inside [0, size) that place `i` beyond an edge mirrors.
int mirrored(int i, int size, Edge edge) {
  if (size == 1) {
    return 0;
  }
  const int period = edge == Edge::Doubled ? 2 * size : 2 * size - 2;
  const int place = ((i % period) + period) % period;
  if (place < size) {
    return place;
  }
  return edge == Edge::Doubled ? period - 1 - place : period - place;
}

/// Each value of `to` is the sum of the taps' values there, each times its weight, in their order.
void weighted_sum(const std::vector<const double*>& taps,
                  const std::vector<double>& weights,
                  int count,
                  double* to) {
  constexpr int kBlock = 8;  // sums that stay in registers
  int x = 0;
  for (; x + kBlock <= count; x += kBlock) {
    double sums[kBlock] = {};
    for (std::size_t i = 0; i < taps.size(); ++i) {
      const double weight = weights[i];
      const double* from = taps[i] + x;
      for (int lane = 0; lane < kBlock; ++lane) {
        sums[lane] += weight * from[lane];
      }
    }
    std::copy(sums, sums + kBlock, to + x);
  }
  for (; x < count; ++x) {
    double sum = 0;
    for (std::size_t i = 0; i < taps.size(); ++i) {
      sum += weights[i] * taps[i][x];
    }
    to[x] = sum;
  }
}

/// Convolves what `read(y, to)` gives row by row. Of the convolved rows only those stay that
/// columns still need: fewer large pieces of memory are made, which takes as long as filling them.
template <typename Read>
Plane blur_rows(int width, int height, double sigma, int radius, Edge edge, const Read& read) {
  const std::vector<double> weights = gaussian_weights(sigma, radius);
  const int ring = 2 * radius + 1;
  std::vector<double> padded(static_cast<std::size_t>(width + 2 * radius));
  Plane rows(width, std::min(ring, height));
  std::vector<const double*> taps(weights.size());
  Plane blurred(width, height);
  int there = 0;  // rows that were convolved
  for (int y = 0; y < height; ++y) {
    for (; there < std::min(height, y + radius + 1); ++there) {
      double* middle = padded.data() + radius;
      read(there, middle);
      for (int beyond = 1; beyond <= radius; ++beyond) {
        middle[-beyond] = middle[mirrored(-beyond, width, edge)];
        middle[width - 1 + beyond] = middle[mirrored(width - 1 + beyond, width, edge)];
      }
      for (std::size_t i = 0; i < taps.size(); ++i) {
        taps[i] = padded.data() + i;
      }
      weighted_sum(taps, weights, width, rows.row(there % ring));
    }
    for (int i = 0; i < ring; ++i) {
      taps[static_cast<std::size_t>(i)] = rows.row(mirrored(y + i - radius, height, edge) % ring);
    }
    weighted_sum(taps, weights, width, blurred.row(y));
  }
  return blurred;
}

}  // namespace

Plane channel_plane(const Image& image, int channel) {
  Plane plane(image.width, image.height);
  for (std::size_t i = 0; i < plane.values.size(); ++i) {
    plane.values[i] = image.pixels[3 * i + static_cast<std::size_t>(channel)] / 255.0;
  }
  return plane;
}

Plane block_means(const Plane& plane, int factor) {
  Plane means(plane.width / factor, plane.height / factor);
  const double scale = 1.0 / (static_cast<double>(factor) * factor);
  for (int y = 0; y < means.height; ++y) {
    for (int x = 0; x < means.width; ++x) {
      double sum = 0;
      for (int row = y * factor; row < (y + 1) * factor; ++row) {
        const double* from = plane.row(row) + static_cast<std::ptrdiff_t>(x) * factor;
        sum = std::accumulate(from, from + factor, sum);
      }
      means.row(y)[x] = sum * scale;
    }
  }
  return means;
}

Plane gaussian_blur(const Plane& plane, double sigma, int radius, Edge edge) {
  return blur_rows(plane.width, plane.height, sigma, radius, edge, [&](int y, double* to) {
    std::copy(plane.row(y), plane.row(y) + plane.width, to);
  });
}

Plane blurred_product(const Plane& one, const Plane& other, double sigma, int radius, Edge edge) {
  return blur_rows(one.width, one.height, sigma, radius, edge, [&](int y, double* to) {
    std::transform(one.row(y), one.row(y) + one.width, other.row(y), to, std::multiplies<>());
  });
}

double mean(const Plane& plane) {
  return plane.values.empty() ? 0
                              : std::accumulate(plane.values.begin(), plane.values.end(), 0.0) /
                                    static_cast<double>(plane.values.size());
}

void require_same_size(
    const char* operation, int width, int height, int other_width, int other_height) {
  if (width != other_width || height != other_height) {
    throw Error(ErrorCode::InvalidArgument,
                std::string("[") + operation + "] " + std::to_string(width) + "x" +
                    std::to_string(height) + " and " + std::to_string(other_width) + "x" +
                    std::to_string(other_height) + ", expected pictures of one size");
  }
}

}  // namespace ptravel
