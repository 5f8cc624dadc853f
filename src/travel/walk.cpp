#include "travel/walk.h"

#include <iterator>

#include "ptravel/error.h"
#include "request/compat.h"
#include "request/mode_infos.h"
#include "request/request_names.h"

namespace ptravel {
namespace {

class LinearWalk : public Walk {
 public:
  LinearWalk(const WalkTools& tools, const GapEnds& ends) : tools_(tools), ends_(ends) {}

  ImageConditioning at(const FramePlace& place, const TargetLatent&) override {
    // Both ends are told of this place's sizes, so that a frame that is drawn alone has the same
    // conditioning.
    const bool sized = tools_.sized != nullptr;
    const ImageConditioning from =
        sized ? tools_.sized(ends_.from.conditioning, place) : ends_.from.conditioning;
    const ImageConditioning to =
        sized ? tools_.sized(ends_.to.conditioning, place) : ends_.to.conditioning;
    ImageConditioning mixed = mix_conditionings(from, to, place.alpha, tools_.linear);
    const bool positive_only = compat_quirks(tools_.request).embryo_negative_ahead &&
                               tools_.request.genesis == Genesis::Embryo;
    if (positive_only) {
      mixed.uncond = to.uncond;
    }
    return mixed;
  }

 private:
  const WalkTools& tools_;
  GapEnds ends_;
};

std::unique_ptr<Walk> make_linear_walk(const WalkTools& tools, const GapEnds& ends) {
  return std::make_unique<LinearWalk>(tools, ends);
}

std::unique_ptr<Walk> make_replace_walk(const WalkTools& tools, const GapEnds& ends) {
  return swaps_prompt_tokens(tools.request) ? make_prompt_replace_walk(tools, ends)
                                            : make_encoded_replace_walk(tools, ends);
}

/// How a mode's walks are made; request/mode_infos has the mode's other traits.
struct WalkMaker {
  TravelMode mode;
  std::unique_ptr<Walk> (*make)(const WalkTools& tools, const GapEnds& ends);
};

constexpr WalkMaker kWalkMakers[] = {{TravelMode::Linear, make_linear_walk},
                                     {TravelMode::Replace, make_replace_walk},
                                     {TravelMode::Grad, make_grad_walk}};
static_assert(std::size(kWalkMakers) == std::size(kTravelModeNames.entries));

}  // namespace

std::unique_ptr<Walk> make_walk(const WalkTools& tools, const GapEnds& ends) {
  for (const WalkMaker& maker : kWalkMakers) {
    if (maker.mode == tools.request.mode) {
      return maker.make(tools, ends);
    }
  }
  throw Error(ErrorCode::Internal, "[walk] unknown mode");
}

std::vector<AdapterStrength> hypernetworks_in(const WalkTools& tools,
                                              const GapEnds& ends,
                                              std::int64_t step) {
  return tools.hypernetworks ? tools.hypernetworks(ends.gap, ends.share(step))
                             : std::vector<AdapterStrength>();
}

std::vector<double> strengths_in(const WalkTools& tools, const GapEnds& ends, std::int64_t step) {
  return tools.strengths ? tools.strengths(ends.gap, ends.share(step)) : std::vector<double>();
}

ScheduledConditioning uncond_between(const WalkTools& tools, const GapEnds& ends, double share) {
  switch (compat_quirks(tools.request).negative_between) {
    case NegativeBetween::OfStageLeft:
      return ends.from.conditioning.uncond;
    case NegativeBetween::OfStageAhead:
      return ends.to.conditioning.uncond;
    case NegativeBetween::Mixed:
      break;
  }
  if (share == 0 || share == 1) {
    return share == 0 ? ends.from.conditioning.uncond : ends.to.conditioning.uncond;
  }
  return mix_schedules(ends.from.conditioning.uncond, ends.to.conditioning.uncond, share,
                       tools.linear);
}

ImageConditioning SteppingWalk::at(const FramePlace& place, const TargetLatent& target) {
  PTRAVEL_CHECK(place.step >= 1);
  if (step_ < 0 || place.step < step_) {
    tools_.log.begin(ends_.gap);
    restart();
    step_ = 0;
  }
  while (step_ < place.step) {
    advance(step_ + 1, target);
    ++step_;
  }
  return current(place);
}

}  // namespace ptravel
