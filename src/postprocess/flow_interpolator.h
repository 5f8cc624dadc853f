#pragma once

#include <memory>

#include "postprocess/interpolator.h"

namespace ptravel {

/// Pictures in between without a network: both pictures are moved along the estimated motion, and
/// what one of them hides is taken from the other. Where the motion is not to be believed (much of
/// it does not come back to where it began), and in pictures below kLeastFlowSide, they are faded
/// into each other.
std::unique_ptr<Interpolator> make_flow_interpolator();

}  // namespace ptravel
