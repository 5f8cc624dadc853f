#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "pipeline/pipeline.h"
#include "ptravel/image.h"
#include "ptravel/progress.h"
#include "ptravel/travel.h"
#include "travel/route.h"
#include "travel/stages.h"

namespace ptravel {

/// What the frames of a travel are drawn from: a request and the model it runs on.
struct TravelScene {
  TravelRequest request;
  StagePlan plan;
  ModelIdentity identity;
  std::unique_ptr<Pipeline> pipeline;
  std::optional<Route> route;  ///< Made once the pipeline is loaded.
  at::Tensor init_latent;      ///< [1, C, h, w] of the init picture; undefined without one.

  std::int64_t frame_count() const { return static_cast<std::int64_t>(route->places().size()); }
  /// The latent [1, C, h, w] of a picture, fitted to the request's size.
  at::Tensor latent_of(const Image& image) const;
};

/// Draws the frames of a scene, which must outlive it. One thread.
class FrameRenderer {
 public:
  FrameRenderer(const TravelScene& scene, Progress& progress)
      : scene_(scene), progress_(progress) {}

  /// Genesis fixed: neighbouring frames together, request.batch at once.
  void render_groups(const FrameSelection& selection, FrameSink& sink) const;

  /// Genesis successive: each frame starts from the one before it.
  void render_chain(const FrameSelection& selection, FrameSink& sink) const;

  /// One frame between stages 0 and 1; `previous` as in Travel::render_spot.
  RenderedFrame render_spot(const FrameSpot& spot, const std::optional<Image>& previous) const;

 private:
  /// Frames that all start from the latent `start` [1, C, h, w], or from noise when it is
  /// undefined. `frames_before`: where the progress display stands.
  std::vector<Image> draw(const std::vector<FramePlace>& places,
                          const at::Tensor& start,
                          std::int64_t frames_before) const;
  FrameSpot spot(std::int64_t index) const;
  std::string parameters(const FrameSpot& spot, std::int64_t from_stage) const;
  void hand_over(std::int64_t index, const Image& image, FrameSink& sink) const;

  const TravelScene& scene_;
  Progress& progress_;
};

}  // namespace ptravel
