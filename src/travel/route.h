#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "diffusion/conditioning_pool.h"
#include "pipeline/pipeline.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"
#include "request/frame_places.h"
#include "request/stages.h"
#include "travel/loras.h"
#include "travel/walk.h"
#include "travel/walk_log.h"

namespace ptravel {

/// Gives the latent of the picture of the stage that a gap leads to.
using TargetLatents = std::function<at::Tensor(std::int64_t gap)>;

/// The way through the stages: which conditioning each frame has. Only the stages are kept encoded;
/// a frame's conditioning is made when it is asked for, so memory does not grow with the film. One
/// thread.
class Route {
 public:
  /// Encodes every stage once; `pipeline` is loaded and outlives the route. `first_stage`: number
  /// of the plan's stage 0 in the travel that it is a part of. Progress counts stages.
  /// `loras` outlives the route: texts are encoded with those of their place; null: none.
  Route(const StagePlan& plan,
        const TravelRequest& request,
        const Pipeline& pipeline,
        std::int64_t first_stage,
        Progress& progress,
        const TravelLoras* loras = nullptr);
  /// With other options than prompt_options gives.
  Route(const StagePlan& plan,
        const TravelRequest& request,
        const Pipeline& pipeline,
        std::int64_t first_stage,
        Progress& progress,
        const TravelLoras* loras,
        PromptOptions options);
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  /// What lengthens the shorter of two encodings.
  const EncodingPadding& padding() const { return tools_.linear.pairing.padding; }

  /// The place at `alpha` (0 to 1) of the way from a stage; 1 is the next stage.
  FramePlace place_at(std::int64_t stage, double alpha) const;
  /// Takes these bridges instead of those of the pace.
  void set_bridges(const std::vector<FilmBridge>& bridges) { bridges_ = bridges; }
  /// The bridge that a place lies on; null: none.
  const FilmBridge* bridge_of(const FramePlace& place) const {
    return place.at_stage() ? nullptr : bridge_at(bridges_, place.stage, place.alpha);
  }

  /// The frames in film order.
  const std::vector<FramePlace>& places() const { return places_; }
  const FilmOrder& order() const { return order_; }

  /// Puts the frames where `pace` has them. Throws as paced_places.
  void set_pace(const FilmPace& pace);
  /// Lets the walks take as many steps in each gap, whatever the frames are.
  void set_walk_steps(const std::vector<std::int64_t>& steps);
  /// Steps that a gap's walk takes.
  std::int64_t walk_steps(std::int64_t gap) const;
  /// By gap: as many steps as a walk can take that get somewhere new, at least those of the plan;
  /// where a step costs as much as a picture at most `budget` times as many. Empty where the mode
  /// does not walk in steps.
  std::vector<std::int64_t> finest_walk_steps(double budget) const;

  /// The conditioning at a place: the stage's own, or what the walk to the next stage has there; on
  /// a bridge the mix of what both of its ends have.
  /// Places are best asked for in film order: a walk that builds on its earlier steps begins again
  /// when it is asked for one behind it.
  ImageConditioning conditioning(const FramePlace& place, const TargetLatents& targets);
  /// The same for places in any order: a walk whose steps are dear is walked once, to its end, and
  /// all its conditionings are kept until another gap is asked for.
  ImageConditioning conditioning_of_any(const FramePlace& place, const TargetLatents& targets);

  /// Half of the way between two stages, mixed: what an embryo is drawn from.
  ImageConditioning halfway(std::int64_t gap);

  /// Takes the log of an earlier run (walk.json); gaps that it does not tell completely are left
  /// out. Throws Corrupt when it is not a log.
  void restore_log(const std::string& json);
  /// Takes from the log of another process the gaps that it tells completely and the own one does
  /// not. Throws Corrupt when it is not a log.
  void merge_log(const std::string& json);
  /// Walks every gap of which the log does not tell all steps, so that the log is complete.
  void complete_log(const TargetLatents& targets, Progress& progress);
  WalkLog& log() { return log_; }
  /// Takes the walks' timesteps and noise from elsewhere: for comparisons with recorded ones.
  void use_draws(DrawSource draws) { tools_.draws = std::move(draws); }
  /// Whether the mode's walks write a log.
  bool keeps_log() const;
  /// The words of stage 0, for log.txt; empty where the mode does not look at tokens.
  std::string first_words() const;

 private:
  void encode_stages(Progress& progress);
  ImageConditioning walked(const FramePlace& place, const TargetLatents& targets);
  /// `gap`: of this route.
  std::vector<AdapterStrength> hypernetworks_at(std::int64_t gap, double share) const;
  std::vector<double> strengths_at(std::int64_t gap, double share) const;
  ImageConditioning with_networks_at(ImageConditioning image, const FramePlace& place);
  ImageConditioning without_networks(const FramePlace& place, const TargetLatents& targets);
  ImageConditioning without_networks_of_any(const FramePlace& place, const TargetLatents& targets);
  template <typename Walked>
  ImageConditioning bridged(const FilmBridge& bridge, double alpha, const Walked& walked);
  bool tells_all(const WalkLog& log, std::int64_t gap) const;
  WalkLog read_log(const std::string& json) const;
  GapEnds ends_of(std::int64_t gap) const;
  Walk& walk_of(std::int64_t gap);

  StagePlan plan_;
  StagePlan drawn_;  // with the steps that are drawn
  TravelRequest request_;
  const Pipeline& pipeline_;
  const TravelLoras* loras_;
  std::optional<PromptEncoder> place_encoder_;  // of the place that was asked for last
  std::int64_t first_stage_;
  WalkLog log_;
  WalkTools tools_;
  ConditioningPool pool_;
  std::vector<std::int64_t> walk_steps_;  // empty: as the plan has them
  std::vector<StageText> stages_;
  std::vector<std::vector<AdapterStrength>> hypernetworks_;  // by stage; empty: none has any
  std::vector<FramePlace> places_;
  FilmOrder order_;
  std::unique_ptr<Walk> walk_;
  std::int64_t walk_gap_ = -1;
  std::vector<ImageConditioning> passed_;  // by step of the walk, where it is walked as a whole
  std::vector<FilmBridge> bridges_;
  FilmBridge crossed_;  // whose ends have the conditionings beneath
  std::optional<std::pair<ImageConditioning, ImageConditioning>> crossed_ends_;
};

/// The plan with the steps that are drawn: the first version's replace drew fewer in-betweens where
/// all tokens were replaced early. Other plans come back as they are.
StagePlan drawn_plan(const StagePlan& plan,
                     const TravelRequest& request,
                     const Tokenizers& tokenizers,
                     const PromptOptions& options);

}  // namespace ptravel
