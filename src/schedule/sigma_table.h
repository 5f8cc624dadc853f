#pragma once

#include <cstdint>
#include <vector>

namespace ptravel {

/// How many noise levels Stable Diffusion is trained with: timesteps are 0 to 999.
inline constexpr std::int64_t kTrainingTimesteps = 1000;
/// At how many of them latent consistency models are distilled (Luo et al., 2023).
inline constexpr std::int64_t kDistilledTimesteps = 50;

/// The noise levels a model was trained with: alphas_cumprod (abar) per training timestep, and
/// sigma = sqrt((1 - abar) / abar). Sigmas and their logarithms are rounded to float, as the web
/// UI computes them. Immutable; cheap enough to copy.
class SigmaTable {
 public:
  /// The kTrainingTimesteps levels of Stable Diffusion 1.x, 2.x and SDXL.
  SigmaTable();
  /// From a checkpoint's alphas_cumprod, at least two strictly falling values in (0, 1). Throws
  /// Corrupt.
  explicit SigmaTable(std::vector<double> alphas_cumprod);

  /// kTrainingTimesteps levels whose logarithms are evenly spaced (Karras et al., 2022). Throws
  /// InvalidArgument unless 0 < sigma_min < sigma_max.
  static SigmaTable evenly_in_logarithm(double sigma_min, double sigma_max);

  std::int64_t size() const { return static_cast<std::int64_t>(sigmas_.size()); }
  const std::vector<double>& alphas_cumprod() const { return alphas_cumprod_; }
  const std::vector<double>& sigmas() const { return sigmas_; }
  const std::vector<double>& log_sigmas() const { return log_sigmas_; }
  double sigma_min() const { return sigmas_.front(); }
  double sigma_max() const { return sigmas_.back(); }

  /// The model time of a positive sigma, by linear interpolation in ln sigma, in [0, size - 1].
  double sigma_to_t(double sigma) const;
  /// The timestep whose ln sigma is nearest.
  std::int64_t nearest_t(double sigma) const;
  /// The sigma of a model time; times beyond the table are moved to its ends.
  double t_to_sigma(double t) const;

 private:
  struct Empty {};
  explicit SigmaTable(Empty /*levels*/) {}

  std::vector<double> alphas_cumprod_;
  std::vector<double> sigmas_;      // float values
  std::vector<double> log_sigmas_;  // float values
};

/// ln(sigma) at a model time of SigmaTable::evenly_in_logarithm, in double precision.
double even_log_sigma(double t, double sigma_min, double sigma_max);

/// alphas_cumprod of the usual training: betas are squares of an even spacing from sqrt(0.00085)
/// to sqrt(0.012).
std::vector<double> default_alphas_cumprod();

/// The levels moved so that the last one is (nearly) pure noise: Lin et al., "Common diffusion
/// noise schedules and sample steps are flawed", 2023, with the web UI's last value.
std::vector<double> rescale_zero_terminal_snr(std::vector<double> alphas_cumprod);

/// The kDistilledTimesteps levels of latent consistency models: each twentieth of `table`'s
/// kTrainingTimesteps, ending with its last. Throws Unsupported when `table` has fewer levels.
SigmaTable lcm_sigma_table(const SigmaTable& table);

}  // namespace ptravel
