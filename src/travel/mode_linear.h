#pragma once

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "ptravel/request.h"
#include "travel/pairing.h"

namespace ptravel {

/// (1 - alpha) a + alpha b. Shapes must be equal. alpha 0 and 1 give back a and b themselves.
at::Tensor lerp(const at::Tensor& a, const at::Tensor& b, double alpha);

/// Spherical interpolation of each row of [tokens, width] on the unnormalised vectors, with the
/// angle of the normalised ones (Shoemake, 1985). Rows whose cosine exceeds 0.9995, and rows of
/// zeros, use lerp. alpha 0 and 1 give back a and b themselves.
at::Tensor slerp_rows(const at::Tensor& a, const at::Tensor& b, double alpha);

/// How two conditionings are mixed.
struct LinearMode {
  Interpolation interpolation = Interpolation::Lerp;
  ContextPadding padding;
};

/// Mixes two prompt schedules: at every model call the entries that are active in both are mixed,
/// so prompt editing goes on during a travel.
ScheduledConditioning mix_schedules(const ScheduledConditioning& from,
                                    const ScheduledConditioning& to,
                                    double alpha,
                                    const LinearMode& mode);

/// Mixes two conditionings, positive and negative alike. AND parts are paired in order and their
/// weights mixed; a part without a partner fades in or out through its weight. alpha 0 and 1 give
/// back the inputs exactly.
ImageConditioning mix_conditionings(const ImageConditioning& from,
                                    const ImageConditioning& to,
                                    double alpha,
                                    const LinearMode& mode);

}  // namespace ptravel
