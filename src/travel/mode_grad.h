#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "pipeline/latent_loss.h"
#include "pipeline/pipeline.h"
#include "ptravel/request.h"
#include "travel/pairing.h"

namespace ptravel {

/// How far one iteration moves each number for a gradient g, before it is scaled by grad_alpha.
/// Clip: g of size up to 1e-5 counts as 0, others are limited to sizes of 0.2 to 1.
at::Tensor grad_step(const at::Tensor& gradient, GradMethod method);

/// The two gradients of an iteration, for the encoding's tokens [tokens, width] and its vector,
/// which is undefined where the encoding has none.
struct GradientParts {
  TextEncoding latent;  ///< Of the latent loss; undefined when it was not asked for.
  TextEncoding cond;    ///< Of half the squared distance: encoding - target.
  double loss_latent;   ///< Means.
  double loss_cond;
};

/// Evaluates both losses at `pair.from`, on the way to `pair.to` and its picture's latent.
GradientParts gradient_parts(const Pipeline& pipeline,
                             const EncodingPair& pair,
                             const at::Tensor& latent,
                             const LossDraw& draw,
                             bool with_latent_gradient,
                             const std::vector<AdapterStrength>& hypernetworks = {},
                             const std::vector<double>& strengths = {});

/// w_latent * latent + w_cond * cond.
TextEncoding weighted_gradient(const GradientParts& parts, double w_latent, double w_cond);

/// Which iteration of a travel: what its random draws depend on.
struct GradPlace {
  std::int64_t seed = 0;       ///< The stage's.
  std::int64_t gap = 0;        ///< Number of the stage that was left.
  std::int64_t step = 0;       ///< Number of the in-between, from 1.
  std::int64_t iteration = 0;  ///< From 1.
};

/// The timestep and the noise that a run's seed gives to one iteration. `shape`: [1, C, h, w].
LossDraw loss_draw(const GradPlace& place, at::IntArrayRef shape);

}  // namespace ptravel
