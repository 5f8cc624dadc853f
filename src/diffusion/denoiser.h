#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "ptravel/compute.h"
#include "schedule/sigma_table.h"

namespace ptravel {

/// One row of a network's call.
struct NetworkRow {
  at::Tensor latent;  ///< [C, h, w], noisy.
  double time = 0;    ///< Model time; may be a fraction.
  SharedConditioning conditioning;
};

/// A network: M rows give the prediction [M, C, h, w]. Their texts may differ in length.
using Network = std::function<at::Tensor(const std::vector<NetworkRow>& rows)>;

/// A network in a sampler's terms, still with its conditionings: `level` is sigma, and the result
/// the denoised latents (sigma samplers), or `level` is the timestep, and the result eps
/// (timestep samplers). All M rows of x [M, C, h, w] share one level and have a conditioning each.
/// Works in the number format and on the device of x.
using ConditionedModel = std::function<at::Tensor(
    const at::Tensor& x, double level, const std::vector<SharedConditioning>& conditionings)>;

/// The noise that a network's output for x = sqrt(abar) x0 + sqrt(1 - abar) noise stands for.
at::Tensor predicted_noise(const at::Tensor& output,
                           Prediction prediction,
                           const at::Tensor& x,
                           double abar);

/// An EDM network (Karras et al., 2022) as one that predicts v, for latents that were divided by
/// sigma_data: it is told ln(sigma) / 4 in place of the model time of
/// SigmaTable::evenly_in_logarithm(sigma_min / sigma_data, sigma_max / sigma_data), and its output
/// has the opposite sign where `prediction` is Eps.
Network make_edm_network(Network network,
                         Prediction prediction,
                         double sigma_min,
                         double sigma_max);

/// Noisy latents and their sigma give clean latents: x - sigma eps(x / sqrt(sigma^2 + 1), t), or
/// the corresponding formula for V (Karras et al., 2022; Salimans and Ho, 2022).
ConditionedModel make_denoiser(Network network, Prediction prediction, const SigmaTable& table);

/// The denoiser of a latent consistency model (Luo et al., 2023): eps networks only, evaluated at
/// the nearest of the distilled timesteps. `table` comes from lcm_sigma_table(). Throws
/// Unsupported for V.
ConditionedModel make_lcm_denoiser(Network network, Prediction prediction, const SigmaTable& table);

/// Noisy latents at their own scale (x = sqrt(abar) x0 + sqrt(1 - abar) noise) and the timestep,
/// which may be fractional, give eps.
ConditionedModel make_eps_model(Network network, Prediction prediction, const SigmaTable& table);

}  // namespace ptravel
