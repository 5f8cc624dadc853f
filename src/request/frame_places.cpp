#include "request/frame_places.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/frame.h"
#include "request/compat.h"
#include "request/mode_infos.h"
#include "schedule/beta_distribution.h"

namespace ptravel {
namespace {

/// Both parameters of the distribution of Easing::Beta.
constexpr double kBetaShape = 3;

/// The in-betweens of one gap and whether the stage behind them has a frame of its own.
struct GapShape {
  std::int64_t in_betweens = 0;
  double intervals = 1;  ///< alpha of in-between t is t / intervals.
  bool draws_stage = true;
};

GapShape gap_shape(std::int64_t steps, const TravelRequest& request) {
  const CompatQuirks& quirks = compat_quirks(request);
  const std::int64_t count = std::max<std::int64_t>(steps, 0);
  const bool chain = request.genesis == Genesis::Successive && quirks.chains_skip_stages;
  if (request.mode == TravelMode::Replace) {
    return {count, static_cast<double>(count + 1), !chain};
  }
  if (request.genesis == Genesis::Embryo && quirks.embryo_pairs_have_one_more) {
    return {count + 1, static_cast<double>(count + 2), true};
  }
  if (quirks.last_step_is_stage) {
    return {std::max<std::int64_t>(count - 1, 0),
            static_cast<double>(std::max<std::int64_t>(count, 1)), !chain || count > 0};
  }
  return {count, static_cast<double>(count + 1), !chain};
}

}  // namespace

double eased(double t, Easing easing) {
  switch (easing) {
    case Easing::Linear:
      return t;
    case Easing::EaseIn:
      return t * t;
    case Easing::EaseOut:
      return 1 - (1 - t) * (1 - t);
    case Easing::EaseInOut:
      return t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t);
    case Easing::Beta:
      return beta_quantile(t, kBetaShape, kBetaShape);
  }
  return t;
}

std::int64_t frame_count(const StagePlan& plan, const TravelRequest& request) {
  std::int64_t count = 1;
  for (std::size_t gap = 0; gap < plan.steps.size(); ++gap) {
    const GapShape shape = gap_shape(plan.steps[gap], request);
    const bool again = plan.loops && gap + 1 == plan.steps.size();
    count += shape.in_betweens + (shape.draws_stage && !again ? 1 : 0);
  }
  return count;
}

std::vector<FramePlace> frame_places(const StagePlan& plan, const TravelRequest& request) {
  std::vector<FramePlace> places;
  places.push_back({});
  for (std::size_t gap = 0; gap < plan.steps.size(); ++gap) {
    const auto stage = static_cast<std::int64_t>(gap);
    const GapShape shape = gap_shape(plan.steps[gap], request);
    for (std::int64_t t = 1; t <= shape.in_betweens; ++t) {
      const double share = static_cast<double>(t) / shape.intervals;
      places.push_back({stage, eased(share, request.easing), t, shape.in_betweens, share});
    }
    const bool again = plan.loops && gap + 1 == plan.steps.size();
    if (shape.draws_stage && !again) {
      places.push_back({stage + 1, 0, 0, 0, 0});
    }
  }
  return places;
}

const FilmBridge* bridge_at(const std::vector<FilmBridge>& bridges,
                            std::int64_t stage,
                            double alpha) {
  const auto found = std::ranges::find_if(bridges, [&](const FilmBridge& bridge) {
    return bridge.stage == stage && bridge.from_alpha < alpha && alpha < bridge.to_alpha;
  });
  return found == bridges.end() ? nullptr : &*found;
}

std::vector<FramePlace> paced_places(const StagePlan& plan,
                                     const TravelRequest& request,
                                     const FilmPace& pace) {
  const auto wrong = [](const std::string& what) {
    throw Error(ErrorCode::InvalidArgument, "[pace] " + what);
  };
  const std::size_t gaps = plan.steps.size();
  if (pace.alphas.size() != gaps || (!pace.walk_steps.empty() && pace.walk_steps.size() != gaps)) {
    wrong(std::to_string(pace.alphas.size()) + " gaps, expected " + std::to_string(gaps));
  }
  for (const FilmBridge& bridge : pace.bridges) {
    const bool fits = bridge.stage >= 0 && bridge.stage < static_cast<std::int64_t>(gaps) &&
                      bridge.from_alpha >= 0 && bridge.from_alpha < bridge.to_alpha &&
                      bridge.to_alpha <= 1 && bridge.steps >= 1;
    if (!fits) {
      wrong("a bridge of stage " + std::to_string(bridge.stage) + " from alpha " +
            number_text(bridge.from_alpha) + " to " + number_text(bridge.to_alpha) + " in " +
            std::to_string(bridge.steps) + " steps, expected one between two stages");
    }
  }
  std::vector<FramePlace> places = {{}};
  for (std::size_t gap = 0; gap < gaps; ++gap) {
    const auto stage = static_cast<std::int64_t>(gap);
    const std::vector<double>& alphas = pace.alphas[gap];
    const auto count = static_cast<std::int64_t>(alphas.size());
    const std::int64_t walk = pace.walk_steps.empty() ? 0 : pace.walk_steps[gap];
    double before = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double alpha = alphas[static_cast<std::size_t>(i)];
      if (!(alpha > before && alpha < 1)) {
        wrong("alpha " + number_text(alpha) + ", expected alphas that rise between 0 and 1");
      }
      before = alpha;
      FramePlace place{stage, alpha, i + 1, count, alpha};
      if (!pace.walk_steps.empty()) {
        place.steps = walk;
        place.step = std::llround(alpha * static_cast<double>(walk + 1));
        if (bridge_at(pace.bridges, stage, alpha) != nullptr) {
          place.step = std::clamp<std::int64_t>(place.step, 1, std::max<std::int64_t>(walk, 1));
        } else if (static_cast<double>(place.step) / static_cast<double>(walk + 1) != alpha) {
          wrong("alpha " + number_text(alpha) + ", expected a step of a walk of " +
                std::to_string(walk));
        }
      }
      places.push_back(place);
    }
    if (!plan.loops || gap + 1 < gaps) {
      places.push_back({stage + 1, 0, 0, 0, 0});
    }
  }
  if (static_cast<std::int64_t>(places.size()) != frame_count(plan, request)) {
    wrong(std::to_string(places.size()) + " frames, expected " +
          std::to_string(frame_count(plan, request)));
  }
  return places;
}

bool is_paced(const TravelRequest& request) { return request.pace != Pace::Alpha; }

TravelRequest walked_request(TravelRequest request) {
  request.easing = is_paced(request) ? Easing::Linear : request.easing;
  return request;
}

std::vector<std::int64_t> stage_frames(const std::vector<FramePlace>& places) {
  std::vector<std::int64_t> frames;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].at_stage()) {
      frames.push_back(static_cast<std::int64_t>(i));
    }
  }
  return frames;
}

bool walks_by_picture(const TravelRequest& request) {
  return mode_info(request.mode).walks_by_picture(request);
}

bool stages_stand_alone(const TravelRequest& request) {
  return request.genesis != Genesis::Successive || compat_quirks(request).chains_hang_on_stages;
}

FilmOrder film_order(const std::vector<FramePlace>& places,
                     const StagePlan& plan,
                     const TravelRequest& request) {
  const bool chain = request.genesis == Genesis::Successive;
  const bool quirk = chain && compat_quirks(request).chains_hang_on_stages;
  // The first version drew the target stage before the in-betweens in replace and grad.
  const bool target_first = quirk ? request.mode != TravelMode::Linear
                                  : walks_by_picture(request) && stages_stand_alone(request);
  FilmOrder order;
  order.start_from.resize(places.size());
  order.target.resize(plan.steps.size());
  std::vector<std::vector<std::int64_t>> by_gap(plan.steps.size());
  for (std::size_t i = 1; i < places.size(); ++i) {
    const FramePlace& place = places[i];
    const auto index = static_cast<std::int64_t>(i);
    const auto gap = static_cast<std::size_t>(place.at_stage() ? place.stage - 1 : place.stage);
    std::vector<std::int64_t>& frames = by_gap.at(gap);
    if (place.at_stage()) {
      order.target[gap] = index;
    }
    frames.insert(place.at_stage() && target_first ? frames.begin() : frames.end(), index);
    if (chain && !quirk) {
      order.start_from[i] = index - 1;
    }
  }
  if (plan.loops && !order.target.empty()) {
    order.target.back() = 0;
  }
  order.drawing.push_back(0);
  for (const std::vector<std::int64_t>& frames : by_gap) {
    const std::int64_t last_drawn = order.drawing.back();
    for (const std::int64_t index : frames) {
      order.drawing.push_back(index);
      if (quirk) {
        order.start_from[static_cast<std::size_t>(index)] = last_drawn;
      }
    }
  }
  return order;
}

bool is_lone_frame(const TravelRequest& request, const FrameSpot& spot) {
  const bool attends =
      spot.step > 0 && request.attention_interpolation != AttentionInterpolation::Off;
  if (request.genesis == Genesis::Embryo || spot.bridge || attends) {
    return false;
  }
  if (request.genesis == Genesis::Successive && compat_quirks(request).chains_hang_on_stages) {
    return spot.index == 0;
  }
  return spot.step == 0 || !walks_by_picture(request);
}

}  // namespace ptravel
