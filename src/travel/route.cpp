#include "travel/route.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {

Route::Route(const StagePlan& plan,
             const TravelRequest& request,
             const PromptEncoder& encoder,
             const PromptOptions& options,
             Progress& progress)
    : places_(frame_places(plan)) {
  progress.begin("encoding the prompts", "stages", static_cast<double>(plan.prompts.size()));
  for (std::size_t stage = 0; stage < plan.prompts.size(); ++stage) {
    progress.check_cancelled();
    stages_.push_back(encoder.encode(plan.prompts[stage], plan.negative_prompts[stage], options));
    progress.update(static_cast<double>(stage + 1));
  }
  linear_.interpolation = request.interpolation;
  linear_.padding = request.stage_padding;
  linear_.empty_encoding = encoder.encode_empty(options);
}

ImageConditioning Route::conditioning(const FramePlace& place) const {
  PTRAVEL_CHECK(place.stage >= 0 && place.stage < static_cast<std::int64_t>(stages_.size()));
  const auto stage = static_cast<std::size_t>(place.stage);
  if (place.alpha == 0) {
    return stages_[stage];
  }
  PTRAVEL_CHECK(stage + 1 < stages_.size());
  return mix_conditionings(stages_[stage], stages_[stage + 1], place.alpha, linear_);
}

}  // namespace ptravel
