#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "pipeline/pipeline.h"
#include "pipeline/second_pass.h"
#include "ptravel/progress.h"
#include "request/frame_places.h"
#include "request/hires.h"
#include "request/stages.h"
#include "travel/route.h"

namespace ptravel {

/// The second pass of frames at a larger size (the web UI's Hires. fix). One thread.
class SecondPass {
 public:
  /// `request` has a second pass; sizes are settled and `pipeline`, which outlives this as `loras`
  /// do, is loaded.
  /// Encodes the stages again where their texts are other ones in this pass. Throws InvalidArgument
  /// for prompts that the mode cannot go between, and what Upscaler::open throws.
  SecondPass(const StagePlan& plan,
             const TravelRequest& request,
             const Pipeline& pipeline,
             std::int64_t first_stage,
             Progress& progress,
             const TravelLoras& loras);

  /// The settings of a frame's second pass, from those of its first.
  SamplingSettings settings(const TravelRequest& frame) const;
  /// Pixels that are drawn.
  int width() const { return request_.width; }
  int height() const { return request_.height; }

  /// What the pass starts from: the first pass's latents [N, C, h, w], enlarged.
  at::Tensor start(const at::Tensor& latents) const;
  /// What the frame at a place is conditioned on, whose first pass was on `first`.
  ImageConditioning conditioning(const FramePlace& place, const ImageConditioning& first);

 private:
  bool texts_differ(const StagePlan& plan, const StagePlan& own) const;

  const Pipeline& pipeline_;
  TravelRequest first_;
  TravelRequest request_;
  HiresSize size_;
  EnlargeOnce network_;           // empty: the upscaler needs none
  std::unique_ptr<Route> route_;  // null: the texts are the first pass's
};

/// Both passes are drawn with the same add-ons. Throws InvalidArgument for a text of the second
/// pass that has tags, and other ones than its stage.
void check_second_pass_tags(const StagePlan& plan, const TravelRequest& request);

/// How prompts of the second pass become conditionings: their schedules go on behind those of the
/// first.
PromptOptions second_pass_options(const TravelRequest& request,
                                  const TravelRequest& second,
                                  const Pipeline& pipeline);

/// The file of the network that enlarges pictures for the second pass, if it needs one. Throws
/// InvalidArgument, naming the upscalers that are there, where there is none of that name.
std::optional<std::filesystem::path> hires_network(const TravelRequest& request);

}  // namespace ptravel
