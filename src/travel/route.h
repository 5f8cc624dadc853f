#pragma once

#include <vector>

#include "pipeline/prompt_encoder.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"
#include "travel/mode_linear.h"
#include "travel/stages.h"

namespace ptravel {

/// The way through the stages: which conditioning each frame has. Only the stages are kept encoded;
/// a frame's conditioning is made when it is asked for, so memory does not grow with the film.
class Route {
 public:
  /// Encodes every stage once. Progress counts stages.
  Route(const StagePlan& plan,
        const TravelRequest& request,
        const PromptEncoder& encoder,
        const PromptOptions& options,
        Progress& progress);

  const std::vector<FramePlace>& places() const { return places_; }
  /// The conditioning at a place: the stage's own at alpha 0, else a mix with the next stage's.
  ImageConditioning conditioning(const FramePlace& place) const;

 private:
  std::vector<FramePlace> places_;
  std::vector<ImageConditioning> stages_;
  LinearMode linear_;
};

}  // namespace ptravel
