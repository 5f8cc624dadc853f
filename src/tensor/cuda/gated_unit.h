#pragma once

#include "tensor/cuda/device.h"

namespace ptravel::cuda {

/// value * gelu(gate), the exact one. The error function is Abramowitz and Stegun's 7.1.26, within
/// 1.5e-7, far below the rounding of the result.
PTRAVEL_DEVICE float gated_unit(float value, float gate) {
  const float z = fabsf(gate) * 0.70710678F;
  const float t = divide_fast(1.0F, 1.0F + 0.3275911F * z);
  const float polynomial =
      t * (0.254829592F +
           t * (-0.284496736F + t * (1.421413741F + t * (-1.453152027F + t * 1.061405429F))));
  const float rest = polynomial * exp2_fast(z * z * -1.44269504F);
  const float normal = gate < 0.0F ? 0.5F * rest : 1.0F - 0.5F * rest;
  return value * gate * normal;
}

}  // namespace ptravel::cuda
