#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <ATen/core/Tensor.h>

#include "pipeline/pipeline.h"
#include "ptravel/frame.h"
#include "ptravel/image.h"
#include "ptravel/request.h"
#include "request/stages.h"
#include "travel/route.h"
#include "travel/sketcher.h"

namespace ptravel {

/// What the frames of a travel are drawn from: a request and the model it runs on.
struct TravelScene {
  TravelRequest request;
  StagePlan plan;
  ModelIdentity identity;
  std::unique_ptr<Pipeline> pipeline;
  std::optional<Route> route;        ///< Made once the pipeline is loaded.
  std::optional<Sketcher> sketcher;  ///< Where somebody looks at frames in work.
  at::Tensor init_latent;            ///< [1, C, h, w] of the init picture; undefined without one.

  std::int64_t frame_count() const { return static_cast<std::int64_t>(route->places().size()); }
  /// The latent [1, C, h, w] of a picture, fitted to the request's size.
  at::Tensor latent_of(const Image& image) const;
};

}  // namespace ptravel
