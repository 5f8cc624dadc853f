#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/guidance.h"
#include "ptravel/image.h"
#include "ptravel/request.h"

namespace ptravel {

/// Both sides of a jump: what the network said in every model call for the pictures before and
/// behind it, and the pictures. Played back as a mix, the first calls bring a sampler between both:
/// samplers are linear in what the network says, so the latents there are the same mix of both
/// sides' latents, with the same noise and a history that fits, whatever the sampler is. What comes
/// after those calls is up to the network; when there is none left the picture is a cross-fade of
/// latents, which cannot jump.
class Bridge {
 public:
  /// `request`: of either side.
  explicit Bridge(const TravelRequest& request);

  /// Hooks for the run of both sides as one batch, the one before the jump first; pictures may
  /// follow that run along with any on the bridge. `others` act as they are. Valid as long as this
  /// object.
  GuidanceHooks recorder(GuidanceHooks others);
  /// Hooks for pictures that are `shares` (0 to 1) of the way across: mixed in the first `steps`
  /// sampling steps. Valid as long as this object.
  GuidanceHooks player(int steps, std::vector<double> shares) const;

  /// What the runs came to: two of each.
  void set_pictures(std::vector<Image> images, std::vector<at::Tensor> latents);
  /// The cross-fade of both pictures, each value rounded.
  Image blend(double share) const;
  /// The same of the latents [1, C, h, w] that they were decoded from.
  at::Tensor blend_latents(double share) const;

 private:
  int calls_per_step_;
  int extra_first_calls_;
  std::vector<GuidedEps> results_;  // by call, of both sides
  std::vector<Image> images_;
  std::vector<at::Tensor> latents_;
};

/// The sampling steps in which bridges of a run of `steps` mix both sides, those that leave most to
/// the network first; the first `shared` steps of the run are the same on both sides.
std::vector<int> bridge_steps(BridgeKind kind, int steps, int shared);

}  // namespace ptravel
