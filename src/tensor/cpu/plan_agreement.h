#pragma once

#include "tensor/cpu/onednn_plans.h"

namespace ptravel::cpu {

/// Whether two plans of one call, which may differ in their number of threads and in how they want
/// the weights laid out, give the same bytes. Runs both on numbers made up so that every result is
/// what rounding leaves of a sum that cancels out: plans that add up in another order show it.
/// `reduced` is the axis of the weights that both sum over.
bool agree(const Plan& plan, const Plan& reference, int reduced);

}  // namespace ptravel::cpu
