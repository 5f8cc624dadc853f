#include "motion/plane.h"

#include <cmath>
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
  const std::vector<double> weights = gaussian_weights(sigma, radius);
  Plane rows(plane.width, plane.height);
  std::vector<double> padded(static_cast<std::size_t>(plane.width) + 2 * weights.size());
  for (int y = 0; y < plane.height; ++y) {
    const double* from = plane.row(y);
    for (int place = 0; place < plane.width + 2 * radius; ++place) {
      padded[static_cast<std::size_t>(place)] = from[mirrored(place - radius, plane.width, edge)];
    }
    double* to = rows.row(y);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      for (int x = 0; x < plane.width; ++x) {
        to[x] += weights[i] * padded[static_cast<std::size_t>(x) + i];
      }
    }
  }
  Plane blurred(plane.width, plane.height);
  for (int y = 0; y < plane.height; ++y) {
    double* to = blurred.row(y);
    for (int i = 0; i <= 2 * radius; ++i) {
      const double weight = weights[static_cast<std::size_t>(i)];
      const double* from = rows.row(mirrored(y + i - radius, plane.height, edge));
      for (int x = 0; x < plane.width; ++x) {
        to[x] += weight * from[x];
      }
    }
  }
  return blurred;
}

Plane product(const Plane& one, const Plane& other) {
  Plane result(one.width, one.height);
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    result.values[i] = one.values[i] * other.values[i];
  }
  return result;
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
