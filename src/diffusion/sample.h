#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "diffusion/denoiser.h"
#include "diffusion/guidance.h"
#include "diffusion/noise.h"
#include "diffusion/samplers.h"
#include "ptravel/sampling.h"

namespace ptravel {

/// The model as sampling sees it.
struct SamplingModel {
  Network network;
  Prediction prediction = Prediction::Eps;
  SigmaTable table;
  bool edits_pictures = false;  ///< It weighs the pictures of conditionings (picture_scale).
};

/// The pictures that are drawn together.
struct SamplingBatch {
  std::vector<ImageConditioning> images;  ///< One per picture.
  std::vector<ImageSeed> seeds;           ///< One per picture.
  std::vector<std::int64_t> shape;        ///< [C, h, w] of the latents.
  at::Tensor init_latent;  ///< [N, C, h, w] for image-to-image; undefined for text-to-image.
  /// One for each picture in place of the settings' guidance_scale; empty: the settings'.
  std::vector<double> guidance_scales;
  /// The latents' number format and place; noise is always drawn as float on the CPU.
  at::TensorOptions options;
  /// [N, 1, h, w], 0 to 1: where image-to-image draws anew; elsewhere the init latent stays.
  /// Undefined: everywhere.
  at::Tensor repaint = {};
};

/// What the caller may watch or change; each function may be empty. With samplers that are not
/// batchable, steps and calls are those of one picture after the other, and x has one row.
struct SamplingHooks {
  std::function<void(const SamplerStep&)> on_step;
  std::function<void()> check_cancelled;  ///< Throws Error(Cancelled) to stop.
  GuidanceHooks guidance;
};

/// Draws a batch of latents [N, C, h, w] as the web UI does: chooses schedule or timesteps, starts
/// from the seeds' noise (or from init_latent with as much noise as denoising_strength asks for)
/// and runs the sampler with guidance. Every picture's result depends on its own seed,
/// conditioning and init latent alone, as far as the network's does. At a denoising strength that
/// leaves no steps the init latent comes back. Throws InvalidArgument for settings out of range.
at::Tensor sample_latents(const SamplingModel& model,
                          const SamplingSettings& settings,
                          const SamplingBatch& batch,
                          const SamplingHooks& hooks = {});

}  // namespace ptravel
