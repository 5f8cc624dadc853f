#pragma once

#include <optional>
#include <vector>

#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// The noise levels of a model that was trained as Karras et al. (2022) do: sigmas evenly spaced in
/// their logarithm, the network is told ln(sigma) / 4, and latents have a standard deviation of
/// sigma_data, which the preconditioning of input and output knows.
struct EdmSchedule {
  double sigma_min = 0.002;
  double sigma_max = 80;
  double sigma_data = 0.5;
  /// Of the VAE's latents, for each channel; empty: they are scaled by the VAE's scale factor
  /// alone.
  std::vector<double> latent_mean;
  std::vector<double> latent_std;

  bool operator==(const EdmSchedule&) const = default;
};

/// What a single file's tensors say of it: "edm_vpred.sigma_max" and "edm_vpred.sigma_min" (CosXL,
/// sigma_data 1, predicts v), or "edm_mean" and "edm_std" (Playground 2.5, sigma_data 0.5). Nothing
/// without them. Throws Corrupt where they are out of range or one of a pair is missing.
std::optional<EdmSchedule> read_edm(const StoredTensors& tensors);

/// Throws Corrupt, with `title` in front, for sigmas out of order or range, and for means and
/// deviations that are not one for each channel.
void check_edm(const EdmSchedule& edm, const std::string& title);

}  // namespace ptravel
