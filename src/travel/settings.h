#pragma once

#include "diffusion/noise.h"
#include "pipeline/pipeline.h"
#include "pipeline/prompt_encoder.h"
#include "ptravel/request.h"

namespace ptravel {

/// What a request says to each part that draws: the views of it that the rooms below take.

ModelSpec model_spec(const TravelRequest& request);
PromptOptions prompt_options(const TravelRequest& request);

/// The seeds of every frame. `size_factor`: pixels along one side of a latent's cell.
ImageSeed image_seed(const TravelRequest& request, double alpha, int size_factor);

}  // namespace ptravel
