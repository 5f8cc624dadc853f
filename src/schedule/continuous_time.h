#pragma once

#include <vector>

#include "ptravel/sampling.h"
#include "schedule/sigma_table.h"

namespace ptravel {

/// The noise levels of a discrete model as functions of a continuous time t in (0, 1]: time
/// (i + 1) / N is training timestep i, and ln alpha is linear in between (Lu et al., DPM-Solver,
/// 2022). alpha scales the picture, std the noise; lambda = ln(alpha / std).
class ContinuousTime {
 public:
  /// `alphas_cumprod`: at least two falling values in (0, 1).
  explicit ContinuousTime(const std::vector<double>& alphas_cumprod);

  double log_alpha(double t) const;
  double alpha(double t) const;
  double std(double t) const;
  double lambda(double t) const;
  /// The time at which lambda has this value.
  double time_of_lambda(double lambda) const;
  /// What the network takes as its timestep, in units of the training's.
  double model_time(double t) const { return (t - first_time()) * kTrainingTimesteps; }
  /// The smallest time, 1 / N.
  double first_time() const { return 1.0 / static_cast<double>(log_alphas_.size()); }

 private:
  std::vector<double> log_alphas_;
};

/// num_steps + 1 times from `t_start` down to the smallest time, spread evenly in t, in the square
/// root of t, or in lambda.
std::vector<double> unipc_times(const ContinuousTime& time,
                                UnipcSkip skip,
                                double t_start,
                                int num_steps);

}  // namespace ptravel
