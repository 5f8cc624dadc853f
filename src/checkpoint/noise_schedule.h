#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// How a model's noise levels were made: kTrainingTimesteps betas that rise evenly, or whose roots
/// do, from start to end. Defaults: Stable Diffusion.
struct BetaRule {
  double start = 0.00085;
  double end = 0.012;
  bool even_roots = true;          ///< "scaled_linear"; otherwise "linear".
  bool zero_terminal_snr = false;  ///< Moved so that the last level is (nearly) pure noise.

  bool operator==(const BetaRule&) const = default;
};

/// The alphas_cumprod of a rule, or nothing when they are Stable Diffusion's. Betas in (0, 1).
std::optional<std::vector<double>> alphas_cumprod_of(const BetaRule& rule);

/// The alphas_cumprod that a file brings along as a tensor, or nothing when it has none or they are
/// Stable Diffusion's rounded to half precision: what is rounded never wins over the rule it
/// derives from. A last level of zero becomes the web UI's, which every sampler can start from.
/// Throws Corrupt, naming the file and the first level that is out of order.
std::optional<std::vector<double>> read_alphas_cumprod(const StoredTensors& tensors);

}  // namespace ptravel
