#pragma once

#include <vector>

#include "ptravel/request.h"

namespace ptravel {

/// The part of validate_request that is about sampler, schedule, steps and guidance: adds what is
/// wrong with them to `problems`.
void check_sampling(const TravelRequest& request,
                    const ModelLimits& limits,
                    std::vector<Problem>& problems);

}  // namespace ptravel
