#include "travel/settings.h"

#include <limits>

#include "ptravel/models_folders.h"
#include "ptravel/sampling.h"
#include "request/frame_settings.h"

namespace ptravel {

ModelSpec model_spec(const TravelRequest& request) {
  ModelSpec spec;
  spec.model = request.model;
  spec.vae = request.vae;
  spec.models_folders = models_folders(request.models_dir);
  spec.prediction = request.prediction;
  spec.zero_snr = request.zero_snr;
  spec.vae_decoder = request.vae_decoder;
  spec.low_memory = request.low_memory;
  spec.device = request.device;
  spec.precision = request.precision;
  return spec;
}

PictureSizes picture_sizes(const TravelRequest& request, const FramePlace& place) {
  return {request.width, request.height, value_at(request.sdxl_crop_top, place),
          value_at(request.sdxl_crop_left, place)};
}

PromptOptions prompt_options(const TravelRequest& request) {
  PromptOptions options;
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  options.planned_calls = planned_calls(find_sampler(choice.sampler), request.steps);
  options.clip_skip = request.clip_skip;
  options.emphasis = request.emphasis;
  options.comma_padding_backtrack = request.comma_backtrack;
  options.old_scheduling = request.old_prompt_editing;
  options.pad_cond_uncond = request.pad_cond_uncond;
  options.sizes = picture_sizes(request, {});
  return options;
}

PromptOptions prompt_options(const TravelRequest& request, const Pipeline& pipeline) {
  PromptOptions options = prompt_options(request);
  options.embeddings = pipeline.embeddings() ? &pipeline.embeddings()->names() : nullptr;
  return options;
}

ImageSeed image_seed(const TravelRequest& request, double alpha, int size_factor) {
  ImageSeed seed;
  seed.seed = request.seed.at(0).number();
  if (request.seed.size() > 1) {
    seed.to_seed = request.seed[1].number();
    seed.to_share = alpha;
  }
  // The first version took -1 for a seed: all bits are set in it.
  seed.subseed = request.subseed.number_or(std::numeric_limits<std::uint64_t>::max());
  seed.subseed_strength = request.subseed_strength.at(0);
  seed.resize_from_height = request.seed_resize_from_height / size_factor;
  seed.resize_from_width = request.seed_resize_from_width / size_factor;
  seed.ensd = request.ensd;
  seed.source = request.rng;
  return seed;
}

}  // namespace ptravel
