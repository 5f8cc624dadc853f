#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "ptravel/compute.h"

#include "schedule/sigma_table.h"

namespace ptravel {

/// A network: noisy latents x [M, C, h, w], model times t [M] and text conditioning
/// [M, tokens, width] give the prediction [M, C, h, w].
using Network =
    std::function<at::Tensor(const at::Tensor& x, const at::Tensor& t, const at::Tensor& context)>;

/// A network in a sampler's terms, still with its conditioning: `level` is sigma, and the result
/// the denoised latents (sigma samplers), or `level` is the timestep, and the result eps
/// (timestep samplers). All M rows share one level. Works in the number format of x.
using ConditionedModel =
    std::function<at::Tensor(const at::Tensor& x, double level, const at::Tensor& context)>;

/// The noise that a network's output for x = sqrt(abar) x0 + sqrt(1 - abar) noise stands for.
at::Tensor predicted_noise(const at::Tensor& output,
                           Prediction prediction,
                           const at::Tensor& x,
                           double abar);

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
