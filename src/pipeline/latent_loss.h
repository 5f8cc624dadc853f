#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "diffusion/text_encoding.h"
#include "pipeline/pipeline.h"

namespace ptravel {

/// What a latent loss is drawn at: a timestep and the noise that is added there.
struct LossDraw {
  std::int64_t t = 0;  ///< From 0 to kTrainingTimesteps - 1.
  at::Tensor noise;    ///< [1, C, h, w] float32.
};

/// How badly a text conditioning explains a picture.
struct LatentLoss {
  at::Tensor loss;  ///< [1, C, h, w] float32 on the CPU.
  // With respect to the text, float32 on the CPU; undefined when not asked for.
  at::Tensor gradient = {};         ///< [tokens, width]
  at::Tensor vector_gradient = {};  ///< [vector width]; undefined where the text has no vector.
};

/// The first version's latent loss: the squared error, element by element, with which the network,
/// told `text`, guesses the noise in sqrt(abar) latent + sqrt(1 - abar) noise.
/// The gradient is the vector-Jacobian product with the loss itself, d(sum of loss^2 / 2)/d
/// text.tokens, and to its vector. Networks that predict v are read as a guess of the noise.
/// Hypernetworks act as `hypernetworks` says, side branches as `strengths` does. Networks that take
/// a picture are shown none (Pipeline::blank_picture). `latent` [1, C, h, w]. One thread.
LatentLoss latent_loss(const Pipeline& pipeline,
                       const at::Tensor& latent,
                       const LossDraw& draw,
                       const TextEncoding& text,
                       bool with_gradient,
                       const std::vector<AdapterStrength>& hypernetworks = {},
                       const std::vector<double>& strengths = {});

}  // namespace ptravel
