#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ptravel {

/// A Beta distribution on [0, 1]; both parameters above 0.
struct Beta {
  double alpha = 1;
  double beta = 1;
};

/// The inverse of its cumulative distribution at i / (count - 1), i = 0 to count - 1: places that
/// crowd where the distribution is dense. Throws InvalidArgument for parameters that are not finite
/// and above 0, or fewer than two places.
std::vector<double> beta_places(const Beta& beta, std::size_t count);

/// The distribution whose cumulative distribution comes closest (least squares) to the share of the
/// way that is travelled at each place: `places` rise from 0 to 1, `distances` are those of
/// neighbours. Starts at Beta(1, 1); where the places leave the answer open, the parameter that the
/// error pulls towards 0 stays where it is. Throws InvalidArgument for fewer than three places,
/// places that do not rise from 0 to 1, another number of distances, or no motion.
Beta fit_beta(std::span<const double> places, std::span<const double> distances);

}  // namespace ptravel
