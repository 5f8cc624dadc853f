#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "ptravel/image.h"
#include "ptravel/progress.h"
#include "ptravel/travel.h"
#include "request/frame_places.h"
#include "travel/attention_ends.h"
#include "travel/bridge.h"
#include "travel/embryo.h"
#include "travel/picture_start.h"
#include "travel/step_counter.h"
#include "travel/travel_scene.h"

namespace ptravel {

/// A picture that is to be drawn.
struct PictureTask {
  std::int64_t index = 0;  ///< Of the frame.
  FramePlace place;
  TravelRequest request;  ///< With the picture's own values.
  ImageConditioning conditioning;
  std::vector<ModelAddon> loras;
  FrameStart start;
  std::shared_ptr<Embryo> embryo;        ///< Null: none.
  std::shared_ptr<const Bridge> bridge;  ///< Null: on none.
  int bridge_steps = 0;
  double bridge_share = 0;
  std::int64_t gap = 0;       ///< Between which two stages it lies, if they are drawn along.
  bool along_stages = false;  ///< They are, because it attends to them.
};

/// What a task comes to.
struct Drawing {
  Image image;
  std::string latent;  ///< As RenderedFrame has it.
};

/// Draws pictures of a scene, and what several of them share: embryos, the sides of jumps, stages
/// that are attended to. One thread.
class PictureDrawer {
 public:
  /// Both outlive it.
  PictureDrawer(TravelScene& scene, Progress& progress) : scene_(scene), progress_(progress) {}

  /// A task with the values of its place, without conditioning.
  PictureTask make_task(std::int64_t index, const FramePlace& place) const;
  /// Finds what the picture shares with others, drawing it where it is not there; the pictures of
  /// embryos go to `sink`. `targets`: what walks go by. `frames_before`: where the progress stands.
  void find_shared(PictureTask& task,
                   FrameSink& sink,
                   const TargetLatents& targets,
                   double frames_before);
  /// Forgets what is shared in other gaps.
  void forget_other_gaps(std::int64_t gap);

  /// Whether two tasks can be drawn together.
  static bool fit_together(const PictureTask& a, const PictureTask& b);
  /// Draws tasks that fit together, all at once as long as there is memory for it. `frames_before`:
  /// where the progress stands.
  std::vector<Drawing> draw(const std::vector<PictureTask>& tasks, double frames_before);

 private:
  bool attends() const { return attention_calls(scene_.request) > 0; }
  bool shares_embryo() const;
  const AttentionEnds& ends_of(std::int64_t gap);
  std::vector<PictureTask> with_ends(std::vector<PictureTask> tasks);
  at::Tensor sample(const std::vector<PictureTask>& tasks,
                    const GuidanceHooks& guidance,
                    double frames_before);
  /// The latents of the first pass, drawn again in the second one, if there is one.
  at::Tensor finished(const at::Tensor& latents,
                      const std::vector<PictureTask>& tasks,
                      double frames_before);
  void add_loras(const PictureTask& task, PictureBatch& batch) const;
  int second_steps(const std::vector<PictureTask>& tasks) const;
  SamplingHooks watched(StepCounter& counter);
  std::vector<Drawing> draw_at_once(const std::vector<PictureTask>& tasks, double frames_before);
  std::vector<Drawing> decoded(const at::Tensor& latents,
                               const std::vector<PictureTask>& tasks) const;
  std::shared_ptr<Embryo> embryo_of(std::int64_t gap, FrameSink& sink);
  std::shared_ptr<const Bridge> bridge_of(const FilmBridge& film,
                                          FrameSink& sink,
                                          const TargetLatents& targets);

  struct KnownBridge {
    FilmBridge film;
    std::shared_ptr<const Bridge> bridge;
  };
  TravelScene& scene_;
  Progress& progress_;
  std::size_t most_at_once_ = std::numeric_limits<std::size_t>::max();
  double frames_before_ = 0;  // where the progress stands for what is drawn to be shared
  std::map<std::int64_t, std::shared_ptr<Embryo>> embryos_;      // by gap
  std::map<std::int64_t, std::unique_ptr<AttentionEnds>> ends_;  // by gap
  std::vector<KnownBridge> bridges_;
};

}  // namespace ptravel
