#pragma once

namespace ptravel {

/// `value` rounded to float. The web UI computes schedules in single precision; where its rounding
/// is visible in the result (noise levels, the times of Brownian noise) so do we.
inline double to_single(double value) { return static_cast<double>(static_cast<float>(value)); }

}  // namespace ptravel
