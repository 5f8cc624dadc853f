#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "pipeline/pipeline.h"
#include "ptravel/frame.h"
#include "ptravel/image.h"
#include "ptravel/request.h"
#include "request/stages.h"
#include "travel/loras.h"
#include "travel/picture_start.h"
#include "travel/route.h"
#include "travel/second_pass.h"
#include "travel/sketcher.h"

namespace ptravel {

/// What the frames of a travel are drawn from: a request and the model it runs on.
struct TravelScene {
  TravelRequest request;
  StagePlan plan;
  TravelLoras loras;
  ModelIdentity identity;
  std::unique_ptr<Pipeline> pipeline;
  std::optional<Route> route;             ///< Made once the pipeline is loaded.
  std::optional<SecondPass> second_pass;  ///< Where the request has one; after the route.
  std::optional<Sketcher> sketcher;       ///< Where somebody looks at frames in work.
  std::optional<Image> init_image;
  TravelMasks masks;

  std::int64_t frame_count() const { return static_cast<std::int64_t>(route->places().size()); }
  /// How many frames are drawn at once where they do not build on each other.
  int at_once() const;
  /// How pictures become starts of frames.
  FrameStarts starts() const { return {*pipeline, request, masks}; }
  /// What a frame at a place starts from that starts from no other frame: the init picture, if
  /// there is one. Made once for each mask.
  const FrameStart& first_start(const FramePlace& place);
  /// The latent [1, C, h, w] of a picture, fitted to the request's size.
  at::Tensor latent_of(const Image& image) const { return starts().latent_of(image); }

 private:
  std::string known_start_;  // mask and share of what is in `start_`
  FrameStart start_;
};

}  // namespace ptravel
