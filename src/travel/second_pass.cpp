#include "travel/second_pass.h"

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "pipeline/latents.h"
#include "ptravel/error.h"
#include "ptravel/hires.h"
#include "ptravel/models_folders.h"
#include "request/frame_settings.h"
#include "text/prompt_markup.h"
#include "travel/settings.h"
#ifdef PTRAVEL_WITH_MEDIA
#include "postprocess/upscaler.h"
#include "postprocess/upscaler_shelf.h"
#endif

namespace ptravel {
namespace {

namespace fs = std::filesystem;

bool needs_file(const std::string& upscaler) {
  return !find_latent_upscaler(upscaler) && upscaler != kNoUpscaler &&
         upscaler != kLanczosUpscaler && upscaler != kNearestUpscaler;
}

/// The network of that name in the models folders.
fs::path network_file(const TravelRequest& request) {
  const std::string& name = request.hires_upscaler;
  std::string names;
  for (const LatentUpscaler& latent : kLatentUpscalers) {
    names += std::string(latent.name) + ", ";
  }
  names += "None, Lanczos, Nearest";
#ifdef PTRAVEL_WITH_MEDIA
  for (const ShelvedUpscaler& shelved : UpscalerShelf(models_folders(request.models_dir)).list()) {
    if (shelved.name == name) {
      return shelved.path;
    }
    names += ", " + shelved.name;
  }
#endif
  throw Error(ErrorCode::InvalidArgument,
              Problem{"hires_upscaler", "\"" + name + "\", expected one of " + names});
}

#ifdef PTRAVEL_WITH_MEDIA
EnlargeOnce open_network(const fs::path& file, const Compute& compute) {
  return
      [network = Upscaler::open(file, compute)](const Image& picture) { return network(picture); };
}
#else
EnlargeOnce open_network(const fs::path& file, const Compute&) {
  throw Error(ErrorCode::Unsupported, "[hires_upscaler] " + file.string() +
                                          ": this build cannot enlarge pictures by networks");
}
#endif

/// The tags as they stand, in order.
std::vector<std::vector<std::string>> tags_of(const std::string& prompt) {
  std::vector<std::vector<std::string>> tags;
  for (const ExtraNetwork& network : take_extra_networks(remove_prompt_comments(prompt)).networks) {
    tags.push_back({network.kind});
    tags.back().insert(tags.back().end(), network.items.begin(), network.items.end());
  }
  return tags;
}

/// One text for the whole pass, and the same in both.
bool same_texts(const std::vector<ScheduledChunks>& a, const std::vector<ScheduledChunks>& b) {
  return a.size() == 1 && b.size() == 1 && a.front().chunks == b.front().chunks;
}

}  // namespace

PromptOptions second_pass_options(const TravelRequest& request,
                                  const TravelRequest& second,
                                  const Pipeline& pipeline) {
  PromptOptions options = prompt_options(second, pipeline);
  options.second_pass_calls = options.planned_calls;
  options.planned_calls = prompt_options(request, pipeline).planned_calls;
  return options;
}

void check_second_pass_tags(const StagePlan& plan, const TravelRequest& request) {
  if (!request.hires || request.hires_prompt.empty()) {
    return;
  }
  const StagePlan own = second_pass_plan(plan, request);
  for (std::size_t i = 0; i < own.prompts.size(); ++i) {
    const auto tags = tags_of(own.prompts[i]);
    if (!tags.empty() && tags != tags_of(plan.prompts[i])) {
      throw Error(ErrorCode::InvalidArgument,
                  Problem{"hires_prompt",
                          "stage " + std::to_string(i + 1) +
                              " has other tags (<lora:...> and the like) than the prompt's, "
                              "expected the same or none: both passes use the prompt's"});
    }
  }
}

std::optional<fs::path> hires_network(const TravelRequest& request) {
  return request.hires && needs_file(request.hires_upscaler) ? std::optional(network_file(request))
                                                             : std::nullopt;
}

SecondPass::SecondPass(const StagePlan& plan,
                       const TravelRequest& request,
                       const Pipeline& pipeline,
                       std::int64_t first_stage,
                       Progress& progress,
                       const TravelLoras& loras)
    : pipeline_(pipeline),
      first_(request),
      request_(second_pass_request(request, pipeline.size_factor())),
      size_(hires_size(request, pipeline.size_factor())) {
  if (const auto file = hires_network(request)) {
    network_ = open_network(*file, {pipeline.compute().device, at::kFloat});
  }
  const StagePlan own = second_pass_plan(plan, request);
  if (!texts_differ(plan, own)) {
    return;
  }
  if (request.mode != TravelMode::Linear) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"hires",
                        "the prompts change in the second pass, expected mode linear or "
                        "prompts without schedules"});
  }
  route_ = std::make_unique<Route>(own, request_, pipeline, first_stage, progress, &loras,
                                   second_pass_options(request, request_, pipeline));
}

bool SecondPass::texts_differ(const StagePlan& plan, const StagePlan& own) const {
  const PromptOptions options = prompt_options(first_, pipeline_);
  const PromptOptions second = second_pass_options(first_, request_, pipeline_);
  const Tokenizers& tokenizers = pipeline_.tokenizers();
  for (std::size_t i = 0; i < plan.prompts.size(); ++i) {
    const auto parts = tokenize_prompt(tokenizers, plan.prompts[i], options);
    const auto others = tokenize_prompt(tokenizers, own.prompts[i], second);
    bool same = parts.size() == others.size();
    for (std::size_t part = 0; same && part < parts.size(); ++part) {
      same = parts[part].weight == others[part].weight &&
             same_texts(parts[part].schedule, others[part].schedule);
    }
    if (!same ||
        !same_texts(
            tokenize_negative_prompt(tokenizers, plan.negative_prompts[i], options).schedule,
            tokenize_negative_prompt(tokenizers, own.negative_prompts[i], second).schedule)) {
      return true;
    }
  }
  return false;
}

SamplingSettings SecondPass::settings(const TravelRequest& frame) const {
  return sampling_settings(second_pass_request(frame, pipeline_.size_factor()));
}

at::Tensor SecondPass::start(const at::Tensor& latents) const {
  const at::NoGradGuard no_gradients;
  const int factor = pipeline_.size_factor();
  at::Tensor start;
  if (const auto kind = find_latent_upscaler(first_.hires_upscaler)) {
    start = resized_latent(latents, size_.width / factor, size_.height / factor, *kind);
  } else {
    std::vector<at::Tensor> encoded;
    for (const Image& picture : pipeline_.decode(latents)) {
      encoded.push_back(encode_latent(
          pipeline_.vae(),
          enlarged(picture, size_.width, size_.height, first_.hires_upscaler, network_),
          pipeline_.wrap()));
    }
    start = at::cat(encoded);
  }
  return cut_latent(start, size_.cut_columns, size_.cut_rows);
}

ImageConditioning SecondPass::conditioning(const FramePlace& place,
                                           const ImageConditioning& first) {
  return route_ ? route_->conditioning(place, {})
                : pipeline_.encoder().with_sizes(first, picture_sizes(request_, place));
}

}  // namespace ptravel
