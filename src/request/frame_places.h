#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ptravel/frame.h"
#include "ptravel/request.h"
#include "request/stages.h"

namespace ptravel {

/// A frame's place on the way: between stage `stage` and `stage` + 1.
struct FramePlace {
  std::int64_t stage = 0;
  double alpha = 0;        ///< Eased share of the way, in [0, 1); 0 is the stage itself.
  std::int64_t step = 0;   ///< Number of the in-between, from 1; 0 is the stage itself.
  std::int64_t steps = 0;  ///< In-betweens of this gap.
  double share = 0;        ///< Of the way, before easing.

  bool at_stage() const { return step == 0; }
  bool operator==(const FramePlace&) const = default;
};

/// Share of the way as easing bends it: `t` and the result in [0, 1], 0 and 1 stay. Quadratic.
double eased(double t, Easing easing);

/// How many frames the travel has, counted without listing them. At most 2^63 - 1 for steps up to
/// kMostFrames in each gap.
std::int64_t frame_count(const StagePlan& plan, const TravelRequest& request);

/// The places of all frames in film order: each stage, then its in-betweens at t / (s + 1), eased.
/// With compat v3 the newest version's counts: linear at t / s with 1 + sum of max(s, 1) frames,
/// and 1 + sum of s when a chain (genesis successive) does not draw the stages, s + 3 for an embryo
/// pair. A looping plan ends before it reaches its first stage again.
std::vector<FramePlace> frame_places(const StagePlan& plan, const TravelRequest& request);

/// The same with the in-betweens where `pace` has them. Throws InvalidArgument when it does not fit
/// the plan: another number of gaps or frames, bridges elsewhere, alphas that do not rise in (0,
/// 1), or that neither lie on a bridge nor at a step of their walk.
std::vector<FramePlace> paced_places(const StagePlan& plan,
                                     const TravelRequest& request,
                                     const FilmPace& pace);

/// The bridge that a place lies on, not counting its ends; null: none.
const FilmBridge* bridge_at(const std::vector<FilmBridge>& bridges,
                            std::int64_t stage,
                            double alpha);

/// Whether the film's frames lie elsewhere than at equal alphas.
bool is_paced(const TravelRequest& request);

/// The request as walks and frames see it: the easing of a paced film bends its places alone.
TravelRequest walked_request(TravelRequest request);

/// What the film's frames hang together by; all numbers are places in the film.
struct FilmOrder {
  std::vector<std::int64_t> drawing;  ///< Every frame once, in the order in which they are drawn.
  /// By frame: the one whose picture it starts from; nothing for the init picture or noise.
  std::vector<std::optional<std::int64_t>> start_from;
  /// By gap: the frame of the stage that it leads to; nothing when that has no frame.
  std::vector<std::optional<std::int64_t>> target;
};

/// The frames that show a stage itself, ascending.
std::vector<std::int64_t> stage_frames(const std::vector<FramePlace>& places);

/// Whether in-betweens depend on their target stage's picture (gradients).
bool walks_by_picture(const TravelRequest& request);

/// Whether a stage's frame is drawn without the in-betweens that lead to it. In a chain it is not;
/// only the first version drew it first there, too.
bool stages_stand_alone(const TravelRequest& request);

/// Target stages whose picture in-betweens need are drawn before them, if they stand alone. With
/// compat v1.3 a chain's frames all start from the last picture that was drawn before their target
/// stage's turn.
FilmOrder film_order(const std::vector<FramePlace>& places,
                     const StagePlan& plan,
                     const TravelRequest& request);

}  // namespace ptravel
