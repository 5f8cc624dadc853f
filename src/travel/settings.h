#pragma once

#include "diffusion/noise.h"
#include "pipeline/pipeline.h"
#include "pipeline/prompt_encoder.h"
#include "ptravel/request.h"
#include "request/frame_places.h"

namespace ptravel {

/// What a request says to each part that draws: the views of it that the rooms below take.

ModelSpec model_spec(const TravelRequest& request);
/// As the first stage has them.
PromptOptions prompt_options(const TravelRequest& request);
/// The same with the pipeline's embeddings; the pipeline outlives them.
PromptOptions prompt_options(const TravelRequest& request, const Pipeline& pipeline);

/// What a network that takes a vector is told of the picture at a place.
PictureSizes picture_sizes(const TravelRequest& request, const FramePlace& place);

/// The seeds of every frame. `size_factor`: pixels along one side of a latent's cell.
ImageSeed image_seed(const TravelRequest& request, double alpha, int size_factor);

}  // namespace ptravel
