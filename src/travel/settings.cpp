#include "travel/settings.h"

#include "ptravel/sampling.h"

namespace ptravel {

PipelineOptions pipeline_options(const TravelRequest& request) {
  PipelineOptions options;
  options.model = request.model;
  options.vae = request.vae;
  options.prediction = request.prediction;
  options.device = request.device;
  options.precision = request.precision;
  options.threads = request.threads;
  return options;
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
  return options;
}

ImageSeed image_seed(const TravelRequest& request, double alpha, int size_factor) {
  ImageSeed seed;
  seed.seed = static_cast<std::uint64_t>(request.seed.at(0));
  if (request.seed.size() > 1) {
    seed.to_seed = static_cast<std::uint64_t>(request.seed[1]);
    seed.to_share = alpha;
  }
  seed.subseed = static_cast<std::uint64_t>(request.subseed);
  seed.subseed_strength = request.subseed_strength.at(0);
  seed.resize_from_height = request.seed_resize_from_height / size_factor;
  seed.resize_from_width = request.seed_resize_from_width / size_factor;
  seed.ensd = request.ensd;
  seed.source = request.rng;
  return seed;
}

}  // namespace ptravel
