#pragma once

#include "diffusion/noise.h"
#include "diffusion/sample.h"
#include "pipeline/pipeline.h"
#include "pipeline/prompt_encoder.h"
#include "ptravel/request.h"

namespace ptravel {

/// What a request says to each part that draws: the views of it that the rooms below take.

PipelineOptions pipeline_options(const TravelRequest& request);
SamplingSettings sampling_settings(const TravelRequest& request);
PromptOptions prompt_options(const TravelRequest& request);

/// Model calls of one sampling step: 2 for second-order samplers.
int calls_per_step(const TravelRequest& request);

/// The seeds of every frame. `size_factor`: pixels along one side of a latent's cell.
ImageSeed image_seed(const TravelRequest& request, double alpha, int size_factor);

}  // namespace ptravel
