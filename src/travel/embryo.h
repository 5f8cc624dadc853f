#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/guidance.h"
#include "ptravel/request.h"

namespace ptravel {

/// The beginning that the frames of a stage pair share: what the network said in the first model
/// calls of a run on the halfway prompt. Played back to a sampler, it brings every frame to the
/// same latents with the same history (earlier steps, noise that was drawn), whatever the sampler
/// is.
class Embryo {
 public:
  /// The number of shared model calls follows from the request's embryo_step and its sampler.
  explicit Embryo(const TravelRequest& request);

  /// Hooks for the halfway run: keeps what is shared. Valid as long as this object.
  GuidanceHooks recorder();
  /// Hooks for a frame's run. With compat v3 every call is evaluated and only the input of one is
  /// replaced, as the newest version did: its samplers kept latents of their own. Throws
  /// InvalidArgument when the halfway run ended before everything was recorded.
  GuidanceHooks player() const;

 private:
  bool input_only_;
  int calls_;
  std::vector<GuidedEps> results_;  // of a batch of one
  at::Tensor input_;                // of model call `calls_`, for input_only_
};

}  // namespace ptravel
