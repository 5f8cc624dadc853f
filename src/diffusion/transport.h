#pragma once

#include <cstddef>
#include <vector>

namespace ptravel {

/// Vectors of one width, one after the other.
struct VectorRows {
  std::size_t count = 0;
  std::size_t width = 0;
  std::vector<double> values;

  const double* row(std::size_t index) const { return values.data() + index * width; }
};

/// The costs of bringing n rows to n places, row by row.
struct TransportCosts {
  std::size_t count = 0;
  std::vector<double> values;

  double at(std::size_t row, std::size_t place) const { return values[row * count + place]; }
};

/// The squared Euclidean distances from the rows of `from` to those of `to`. Expects equal counts
/// and widths. The sums run in one fixed order, so that equal rows give equal costs everywhere.
TransportCosts squared_distances(const VectorRows& from, const VectorRows& to);

/// For each row the place that it goes to, each place once, so that the sum of the costs is least:
/// optimal transport between as many equal weights. Shortest augmenting paths (Hungarian method,
/// Jonker and Volgenant 1987), O(n^3). Of paths that cost the same the one to the lowest place is
/// taken, so that equal costs give equal results. Expects finite costs.
std::vector<std::size_t> optimal_assignment(const TransportCosts& costs);

/// The same with row 0 kept in place 0.
std::vector<std::size_t> optimal_assignment_after_first(const TransportCosts& costs);

/// How much of each row goes to each place (row by row, all together 1) when transport is blurred
/// by entropy of the weight `epsilon` (above 0, in units of the costs): Sinkhorn's scaling, in
/// logarithms, for so many iterations; places have their weight 1 / n exactly, rows nearly.
std::vector<double> sinkhorn_plan(const TransportCosts& costs, double epsilon, int iterations);

/// For each row the mean of `to`, weighted by the plan: what the row comes to when what it is
/// matched with is blurred. Its contrast is lower than that of `to`.
VectorRows barycentric_map(const std::vector<double>& plan, const VectorRows& to);

}  // namespace ptravel
