#pragma once

#include "diffusion/conditioning.h"
#include "ptravel/request.h"
#include "travel/pairing.h"

namespace ptravel {

/// How two conditionings are mixed.
struct LinearMode {
  Interpolation interpolation = Interpolation::Lerp;
  PairingRules pairing;
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
