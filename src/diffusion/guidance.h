#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "diffusion/denoiser.h"
#include "diffusion/samplers.h"

namespace ptravel {

/// What a model's result says of the clean latents: input_share x + result_share result.
struct DenoisedShares {
  double input = 0;
  double result = 1;
};

/// How conditional and unconditional predictions are combined.
struct GuidanceOptions {
  std::vector<double> scales = {7};  ///< One for all pictures, or one for each.
  bool needs_uncond = false;         ///< Evaluate uncond even where the guided result needs none.
  int planned_calls = 0;             ///< For skip_early_cond.
  double s_min_uncond = 0;           ///< Below this level every other call skips uncond.
  bool s_min_uncond_all = false;     ///< Every call, not every other one.
  double skip_early_cond = 0;        ///< Calls up to this fraction of the planned ones skip uncond.
  double skip_late_cond = 1;         ///< Calls from this fraction on; 1: none.
  ProjectedGuidance projected = {};
  /// By level, for projected guidance, which is about clean latents.
  std::function<DenoisedShares(double level)> denoised_shares = {};
  /// How far the guided prediction is brought back to the spread of the conditional one, 0 to 1, as
  /// v; `input_share` then tells how much of a call's input is in results of its level that are
  /// not v: result = input_share(level) x + a multiple of v.
  double rescale = 0;
  std::function<double(double level)> input_share = {};
  /// Of networks that change a picture: how strongly results hold on to it (Brooks et al., 2023).
  /// With another scale than 1 uncond is always evaluated, with the picture and without it.
  double picture_scale = 1;
};

/// Hooks into the model calls of a run; each may be empty. `call` counts from 0; x is [N, C, h, w].
struct GuidanceHooks {
  /// Gives the result of a call that need not be evaluated, because another run made it before; the
  /// sampler goes on as if it had been evaluated now. The result has as many rows as x.
  std::function<std::optional<GuidedEps>(int call, const at::Tensor& x)> replay;
  /// Replaces the input of one call; the sampler keeps its own x.
  std::function<at::Tensor(int call, const at::Tensor& x)> replace_input;
  /// Sees each finished call: its input, its sigma or timestep, and the result.
  std::function<void(int call, const at::Tensor& x, double level, const GuidedEps& result)> on_call;
};

/// Classifier-free guidance (Ho and Salimans, 2022) with composition (Liu et al., 2022), as the
/// web UI has it: U + sum_j w_j scale (C_j - U), where U and C_j are the model's results for the
/// negative prompt and the parts of the positive one.
///
/// All rows go through the model together: conds of all pictures and parts first, then unconds. A
/// picture's parts are padded to their longest, but never to another picture's length, so that no
/// picture depends on its neighbours; a padded conditioning stays the same one for the whole run.
/// Adaptive projected guidance (Sadat et al., 2024) takes the difference between both prompts for a
/// step: its part along the clean latents is cut, its length limited, former steps are added. Its
/// memory is part of each call's result, so that replayed calls leave what evaluated ones would.
/// Rescaling (Lin et al., 2023) follows; for both, of several parts their weighted sum is the
/// conditional prediction.
/// Where conditionings have pictures and picture_scale s_I is not 1, (s_I - 1) (U - N) is added, N
/// being the result for the negative prompt with a picture of zeros.
/// At scale 1 a picture with a single part of weight 1 needs no uncond, and none is evaluated for
/// it.
class Guidance {
 public:
  /// Checks the conditionings and the number of scales. The hooks are called from the sampling
  /// thread.
  Guidance(ConditionedModel model,
           std::vector<ImageConditioning> images,
           GuidanceOptions options,
           GuidanceHooks hooks = {});

  /// One guided call for all pictures: x [N, C, h, w] with N = number of conditionings. `uncond`
  /// is the model's result for the negative prompts, or what stands in for it when skipped.
  GuidedEps operator()(const at::Tensor& x, double level);

  /// How many calls were made.
  int calls() const { return calls_; }

 private:
  /// What the model is to be asked: which picture, under which conditioning.
  struct Question {
    std::int64_t image;
    SharedConditioning conditioning;
  };

  bool skips_uncond(double level) const;
  bool weighs_pictures() const { return options_.picture_scale != 1; }
  bool is_done(const ImageConditioning& image) const;
  const SharedConditioning& padded(const SharedConditioning& conditioning, std::int64_t length);
  const SharedConditioning& blanked(const SharedConditioning& conditioning);
  std::vector<Question> cond_questions();
  at::Tensor evaluate(const std::vector<Question>& questions,
                      const at::Tensor& x,
                      double level) const;
  GuidedEps evaluate_all(const at::Tensor& x, double level);
  GuidedEps combine(const at::Tensor& results, bool skipped, const at::Tensor& x, double level);
  /// The picture's result by projected guidance.
  at::Tensor projected(std::size_t image,
                       const at::Tensor& cond,
                       const at::Tensor& uncond,
                       const at::Tensor& x,
                       double level);
  /// Gives a guided result the spread of the one for the prompt alone, as `rescale` says.
  at::Tensor rescaled(const at::Tensor& guided,
                      const at::Tensor& cond,
                      const at::Tensor& x,
                      double level) const;
  double scale_of(std::size_t image) const;

  ConditionedModel model_;
  std::vector<ImageConditioning> images_;
  GuidanceOptions options_;
  GuidanceHooks hooks_;
  std::vector<bool> is_neutral_;  // By picture: U cancels out of its result.
  std::map<std::pair<SharedConditioning, std::int64_t>, SharedConditioning> padded_;
  std::map<SharedConditioning, SharedConditioning> blanked_;
  at::Tensor momentum_;  // [N, C, h, w], once a call had any
  int calls_ = 0;
};

}  // namespace ptravel
