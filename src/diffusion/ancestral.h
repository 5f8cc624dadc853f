#pragma once

#include <algorithm>
#include <cmath>

namespace ptravel {

/// How a step from one sigma to a lower one is split: down to `down` without noise, then up again
/// by fresh noise of size `up`, so that the target sigma results.
struct AncestralSplit {
  double down;
  double up;
};

/// The split for eta (0: no noise, 1: as much as ancestral sampling adds); Song et al., 2021.
inline AncestralSplit ancestral_split(double sigma, double sigma_next, double eta) {
  if (eta == 0) {
    return {sigma_next, 0};
  }
  const double variance =
      sigma_next * sigma_next * (sigma * sigma - sigma_next * sigma_next) / (sigma * sigma);
  const double up = std::min(sigma_next, eta * std::sqrt(variance));
  return {std::sqrt(sigma_next * sigma_next - up * up), up};
}

}  // namespace ptravel
