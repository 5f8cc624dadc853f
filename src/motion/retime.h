#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace ptravel {

/// Pictures that were drawn to see how fast a way goes: places on it, strictly rising, and the
/// distances of neighbours (one less; finite, at least 0).
struct Probes {
  std::vector<double> alphas;
  std::vector<double> distances;
};

/// How the way is read between probes.
enum class CurveMethod {
  Linear,  ///< Straight lines.
  Pchip,   ///< Monotone cubics (Fritsch, Carlson 1980; slopes as in SciPy's PchipInterpolator).
};

/// How far the way has come at each probe: distances added up, each counted as at least a
/// thousandth of their mean, so that the result rises strictly. Without any motion the alphas
/// themselves.
std::vector<double> travelled(const Probes& probes);

/// The alphas at which these shares (0 to 1) of the whole way are travelled. Throws InvalidArgument
/// for fewer than two probes, alphas that do not rise, another number of distances, or values
/// that are not finite or below 0.
std::vector<double> retimed(const Probes& probes,
                            std::span<const double> shares,
                            CurveMethod method);

/// The shares k / (count + 1), k = 1 to count: `count` in-betweens at even distances. Easing bends
/// them before they are given to retimed.
std::vector<double> even_shares(std::size_t count);

/// Which step is to be halved next.
enum class SplitRule {
  Distance,       ///< The largest distance. Chases flips.
  DistanceByGap,  ///< The largest distance * sqrt(alpha gap).
};

/// When halving ends.
struct SplitLimits {
  double tolerance = 0;  ///< Done when no distance is above this many means; 0: never.
  double least_gap = 0;  ///< Steps with an alpha gap of this or less stay as they are.
};

/// The step i (alphas i and i + 1) whose middle is to be drawn next, the first of equal ones; none
/// when halving is done. Throws as retimed.
std::optional<std::size_t> next_split(const Probes& probes,
                                      SplitRule rule,
                                      const SplitLimits& limits);

}  // namespace ptravel
