#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "pipeline/pipeline.h"
#include "pipeline/prompt_tokens.h"
#include "ptravel/request.h"
#include "request/frame_places.h"
#include "travel/mode_grad.h"
#include "travel/mode_linear.h"
#include "travel/walk_log.h"

namespace ptravel {

/// The latent [1, C, h, w] of the picture of the stage that a gap leads to.
using TargetLatent = std::function<at::Tensor()>;

/// The timestep and the noise of one iteration, for a latent of this shape.
using DrawSource = std::function<LossDraw(const GradPlace& place, at::IntArrayRef shape)>;

/// What the walks of a travel share; outlives them.
struct WalkTools {
  const TravelRequest& request;
  const Pipeline& pipeline;
  PromptOptions options;
  LinearMode linear;
  WalkLog& log;
  DrawSource draws = loss_draw;
  /// Tells a picture's conditioning of the sizes at a place; empty where they are the same
  /// everywhere.
  std::function<ImageConditioning(ImageConditioning image, const FramePlace& place)> sized = {};
  /// The hypernetworks that act where `share` of a gap's way is gone; `gap` as GapEnds has it.
  std::function<std::vector<AdapterStrength>(std::int64_t gap, double share)> hypernetworks = {};
  /// How strongly the model's side branches act there (PictureBatch::strengths), likewise.
  std::function<std::vector<double>(std::int64_t gap, double share)> strengths = {};
  /// The encoder of texts at a place between stages; empty: the pipeline's everywhere.
  std::function<const PromptEncoder&(const FramePlace& place)> encoder_at = {};
};

/// A stage as walks see it.
struct StageText {
  ImageConditioning conditioning;
  std::vector<PromptPart> tokens;  ///< Only where mode replace swaps prompt tokens.
};

/// The two ends of a gap.
struct GapEnds {
  std::int64_t gap = 0;    ///< Number of the stage that is left, in the travel as a whole.
  std::int64_t seed = 0;   ///< What the walk's random draws derive from.
  std::int64_t steps = 0;  ///< Travel steps of the gap.
  const StageText& from;
  const StageText& to;

  /// How far a step is on the way: 1 is the next stage.
  double share(std::int64_t step) const {
    return static_cast<double>(step) / static_cast<double>(steps + 1);
  }
};

/// The hypernetworks that act in a step of a walk.
std::vector<AdapterStrength> hypernetworks_in(const WalkTools& tools,
                                              const GapEnds& ends,
                                              std::int64_t step);

/// How strongly side branches act in a step of a walk.
std::vector<double> strengths_in(const WalkTools& tools, const GapEnds& ends, std::int64_t step);

/// The way from one stage to the next, whose in-betweens may build on each other. One thread.
class Walk {
 public:
  virtual ~Walk() = default;
  /// The conditioning of an in-between. Walks that build on earlier steps catch up; asked for an
  /// earlier step they begin again. `target` is called by walks that need the picture.
  virtual ImageConditioning at(const FramePlace& place, const TargetLatent& target) = 0;
};

/// The walk that the request's mode takes.
std::unique_ptr<Walk> make_walk(const WalkTools& tools, const GapEnds& ends);

/// The negative side of an in-between: mixed by `share`, or what `tools.request.compat` says.
ScheduledConditioning uncond_between(const WalkTools& tools, const GapEnds& ends, double share);

/// A walk whose steps build on each other.
class SteppingWalk : public Walk {
 public:
  SteppingWalk(const WalkTools& tools, const GapEnds& ends) : tools_(tools), ends_(ends) {}
  ImageConditioning at(const FramePlace& place, const TargetLatent& target) final;

 protected:
  /// Back to the beginning of the gap.
  virtual void restart() = 0;
  /// From in-between `step` - 1 to `step`.
  virtual void advance(std::int64_t step, const TargetLatent& target) = 0;
  /// The conditioning where the walk stands.
  virtual ImageConditioning current(const FramePlace& place) const = 0;

  /// The last in-between that was reached; while advancing the one before.
  std::int64_t step() const { return step_; }
  const WalkTools& tools() const { return tools_; }
  const GapEnds& ends() const { return ends_; }

 private:
  const WalkTools& tools_;
  GapEnds ends_;
  std::int64_t step_ = -1;  // -1: not begun
};

// The walks of the modes.

std::unique_ptr<Walk> make_prompt_replace_walk(const WalkTools& tools, const GapEnds& ends);
std::unique_ptr<Walk> make_encoded_replace_walk(const WalkTools& tools, const GapEnds& ends);
/// How many units encoded replace swaps between the two stages.
std::size_t differing_units(const WalkTools& tools, const GapEnds& ends);
std::unique_ptr<Walk> make_grad_walk(const WalkTools& tools, const GapEnds& ends);

}  // namespace ptravel
