#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ptravel {

/// How evenly a film moves, from the distances of its neighbouring frames. All 0 without distances.
struct Evenness {
  std::size_t steps = 0;
  double length = 0;  ///< Sum of the distances.
  double mean = 0;
  double deviation = 0;  ///< Standard deviation (of the population).
  double median = 0;
  double largest = 0;
  double largest_over_median = 0;  ///< 1 at best; infinite where the median is 0.
  double largest_over_mean = 0;    ///< 1 at best; 0 without motion.
  double p90_over_p10 = 0;         ///< Ninth by first decile (not below 1e-9); interpolated.
  double gini = 0;                 ///< Gini coefficient: 0 for even motion, to 1 for one jump.
  double largest_share = 0;        ///< The largest step's share of the length.
};

/// Expects finite distances of at least 0.
Evenness evenness_of(std::span<const double> distances);

/// A step above this many medians is a jump.
inline constexpr double kJumpOverMedian = 2.5;

/// The steps (i: from frame i to i + 1) whose distance is above `times` x the median.
std::vector<std::size_t> steps_above(std::span<const double> distances, double times);

}  // namespace ptravel
