#pragma once

namespace ptravel {

/// The regularised incomplete beta function I_x(alpha, beta): the cumulative distribution of the
/// beta distribution. x in [0, 1], alpha and beta above 0. Error about 1e-14.
double beta_cdf(double x, double alpha, double beta);

/// Its inverse: the x with beta_cdf(x, alpha, beta) == probability, for probability in [0, 1].
double beta_quantile(double probability, double alpha, double beta);

}  // namespace ptravel
