#pragma once

#include <cstddef>
#include <vector>

#include "ptravel/image.h"

namespace ptravel {

/// One channel of a picture in double precision, rows from top to bottom.
struct Plane {
  int width = 0;
  int height = 0;
  std::vector<double> values;

  Plane() = default;
  Plane(int width_in, int height_in)
      : width(width_in),
        height(height_in),
        values(static_cast<std::size_t>(width_in) * static_cast<std::size_t>(height_in)) {}

  double* row(int y) { return values.data() + static_cast<std::ptrdiff_t>(y) * width; }
  const double* row(int y) const { return values.data() + static_cast<std::ptrdiff_t>(y) * width; }
};

/// Channel 0 to 2 of a picture, from 0 to 1.
Plane channel_plane(const Image& image, int channel);

/// Means of blocks of factor x factor values; what is left over at the right and lower edge is cut
/// off. A side below `factor` leaves an empty plane.
Plane block_means(const Plane& plane, int factor);

/// What lies beyond a plane's edge: c b a | a b c (with the edge value twice), or c b | a b c.
enum class Edge { Doubled, Single };

/// Convolves rows and columns with a Gaussian of this sigma, cut off `radius` values from its
/// middle and normalised. Edge::Single needs sides above `radius`.
Plane gaussian_blur(const Plane& plane, double sigma, int radius, Edge edge);

/// The same of the products, value by value, of two planes of one size.
Plane blurred_product(const Plane& one, const Plane& other, double sigma, int radius, Edge edge);

/// Sum of the values / their number; 0 for an empty plane.
double mean(const Plane& plane);

/// Throws InvalidArgument naming `operation` unless both pictures have one size.
void require_same_size(
    const char* operation, int width, int height, int other_width, int other_height);

}  // namespace ptravel
