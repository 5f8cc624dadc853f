#include "travel/frame_renderer.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "media/resize.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"
#include "travel/frame_metadata.h"
#include "travel/settings.h"
#include "travel/step_counter.h"

namespace ptravel {
namespace {

bool is_wanted(const FrameSelection& selection, std::int64_t index) {
  return !selection.wanted || selection.wanted(index);
}

}  // namespace

at::Tensor TravelScene::latent_of(const Image& image) const {
  return encode_latent(pipeline->vae(), resize_for_img2img(image, request.width, request.height,
                                                           request.resize_mode));
}

std::vector<Image> FrameRenderer::draw(const std::vector<FramePlace>& places,
                                       const at::Tensor& start,
                                       std::int64_t frames_before) const {
  const TravelRequest& request = scene_.request;
  const Pipeline& pipeline = *scene_.pipeline;
  PictureBatch batch;
  batch.width = request.width;
  batch.height = request.height;
  for (const FramePlace& place : places) {
    batch.images.push_back(scene_.route->conditioning(place));
  }
  batch.seeds.assign(places.size(), image_seed(request, pipeline.size_factor()));
  if (start.defined()) {
    batch.init_latent = start.repeat({static_cast<std::int64_t>(places.size()), 1, 1, 1});
  }
  const SamplingSettings settings = sampling_settings(request);
  StepCounter counter(progress_, static_cast<double>(frames_before),
                      static_cast<double>(places.size()),
                      reported_steps(settings, start.defined()));
  return decode_latents(pipeline.vae(), pipeline.sample(settings, batch, counter.hooks()));
}

FrameSpot FrameRenderer::spot(std::int64_t index) const {
  const FramePlace& place = scene_.route->places().at(static_cast<std::size_t>(index));
  return {index, scene_.frame_count(), place.stage,
          static_cast<std::int64_t>(scene_.plan.prompts.size()), place.alpha};
}

/// The parameters text of a frame that left the scene's stage `from_stage` last.
std::string FrameRenderer::parameters(const FrameSpot& spot, std::int64_t from_stage) const {
  const StagePlan& plan = scene_.plan;
  const auto from = static_cast<std::size_t>(from_stage);
  const std::size_t shown = from + (spot.alpha > 0 ? 1 : 0);
  const FrameTexts texts{plan.prompts.at(shown), plan.negative_prompts.at(shown),
                         plan.prompts.at(from), plan.negative_prompts.at(from)};
  return frame_parameters(scene_.request, scene_.identity, texts, spot);
}

void FrameRenderer::hand_over(std::int64_t index, const Image& image, FrameSink& sink) const {
  const FrameSpot where = spot(index);
  sink.add({index, image, parameters(where, where.stage)});
}

void FrameRenderer::render_groups(const FrameSelection& selection, FrameSink& sink) const {
  const std::int64_t count = scene_.frame_count();
  for (std::int64_t first = 0; first < count; first += scene_.request.batch) {
    const std::int64_t last = std::min(count, first + scene_.request.batch);
    std::vector<std::int64_t> wanted;
    for (std::int64_t index = first; index < last; ++index) {
      if (is_wanted(selection, index)) {
        wanted.push_back(index);
      }
    }
    if (!wanted.empty()) {
      const auto places = scene_.route->places().begin();
      const std::vector<Image> images =
          draw({places + first, places + last}, scene_.init_latent, first);
      for (const std::int64_t index : wanted) {
        hand_over(index, images.at(static_cast<std::size_t>(index - first)), sink);
      }
    }
    progress_.update(static_cast<double>(last));
  }
}

void FrameRenderer::render_chain(const FrameSelection& selection, FrameSink& sink) const {
  Image previous;
  for (std::int64_t index = 0; index < scene_.frame_count(); ++index) {
    if (!is_wanted(selection, index)) {
      previous = Image();  // Read back only if the next frame is to be drawn.
      progress_.update(static_cast<double>(index + 1));
      continue;
    }
    at::Tensor start = scene_.init_latent;
    if (index > 0) {
      if (previous.pixels.empty()) {
        PTRAVEL_CHECK(selection.finished);
        previous = selection.finished(index - 1);
      }
      start = scene_.latent_of(previous);
    }
    previous =
        draw({scene_.route->places().at(static_cast<std::size_t>(index))}, start, index).front();
    hand_over(index, previous, sink);
    progress_.update(static_cast<double>(index + 1));
  }
}

RenderedFrame FrameRenderer::render_spot(const FrameSpot& spot,
                                         const std::optional<Image>& previous) const {
  at::Tensor start = scene_.init_latent;
  if (scene_.request.genesis == Genesis::Successive && spot.index > 0) {
    PTRAVEL_CHECK(previous.has_value());
    start = scene_.latent_of(*previous);
  }
  RenderedFrame frame;
  frame.index = spot.index;
  frame.image = draw({{0, spot.alpha}}, start, 0).front();
  frame.parameters = parameters(spot, 0);
  progress_.update(1);
  return frame;
}

}  // namespace ptravel
