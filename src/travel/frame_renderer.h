#pragma once

#include <cstdint>
#include <functional>
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
#include "travel/embryo.h"
#include "travel/travel_scene.h"

namespace ptravel {

/// Draws the frames of a scene, which must outlive it. One thread.
class FrameRenderer {
 public:
  FrameRenderer(TravelScene& scene, Progress& progress) : scene_(scene), progress_(progress) {}

  /// The wanted frames in the route's drawing order, and the files that belong to the travel.
  void render(const FrameSelection& selection, FrameSink& sink);

  /// Pictures of places in this order, not as frames: `take` gets each with its number. What walks
  /// go by comes from `pictures`, files go to `sink`.
  void draw_places(
      const std::vector<FramePlace>& places,
      const FrameSelection& pictures,
      FrameSink& sink,
      const std::function<void(std::size_t number, const PlacePicture& picture)>& take);

  /// Tells the progress of a picture that was there.
  void count_found();

  /// One frame between stages 0 and 1; `previous` as in Travel::render_spot.
  RenderedFrame render_spot(const FrameSpot& spot, const std::optional<Image>& previous);

 private:
  /// A frame that is ready to be drawn.
  struct Task {
    std::int64_t index = 0;
    FramePlace place;
    TravelRequest request;  // with this frame's values
    ImageConditioning conditioning;
    at::Tensor start;  // [1, C, h, w]; undefined: from noise
    std::shared_ptr<Embryo> embryo;
  };
  /// What a task comes to.
  struct Drawing {
    Image image;
    std::string latent;  // as RenderedFrame has it
  };
  static bool fit_together(const Task& a, const Task& b);
  Task make_task(std::int64_t index, const FramePlace& place) const;
  std::vector<Drawing> draw(const std::vector<Task>& tasks, const GuidanceHooks& guidance);
  void wait(Task task);
  void draw_waiting();
  void prepare(Task& task, FrameSink& sink);
  bool take_drawn(std::int64_t index, const FramePlace& place, FrameSink& sink);
  void hand_over(const Task& task, Drawing drawing, FrameSink& sink);

  const Image& picture(std::int64_t index);
  bool is_guide(const Task& task) const;
  void plan_work();
  bool claim(const FrameUnit& unit);
  void render_unit(const FrameUnit& unit, FrameSink& sink);
  void used_as_start(std::int64_t index);
  void forget_guides(std::int64_t gap);
  std::int64_t stage_frame(std::int64_t stage) const;
  at::Tensor target_latent(std::int64_t gap);
  std::shared_ptr<Embryo> embryo_of(std::int64_t gap, FrameSink& sink);

  FrameSpot spot(std::int64_t index) const;
  std::string parameters(const FrameSpot& spot,
                         const TravelRequest& request,
                         std::int64_t from_stage) const;

  TravelScene& scene_;
  Progress& progress_;
  const FrameSelection* selection_ = nullptr;
  std::vector<bool> wanted_;  // by frame
  std::vector<Task> waiting_;
  std::function<void(const Task& task, Drawing drawing)>
      take_;  // what was waiting, when it is drawn
  std::int64_t frames_done_ = 0;
  std::int64_t last_gap_ = 0;
  std::map<std::int64_t, Image> pictures_;   // drawn or read again, while they may be needed
  std::map<std::int64_t, int> starts_left_;  // by frame: how many are still to start from it
  std::int64_t target_gap_ = -1;
  at::Tensor target_latent_;
  std::map<std::int64_t, std::shared_ptr<Embryo>> embryos_;  // by gap
};

}  // namespace ptravel
