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
#include "travel/picture_drawer.h"
#include "travel/travel_scene.h"

namespace ptravel {

/// Draws the frames of a scene, which must outlive it. One thread.
class FrameRenderer {
 public:
  FrameRenderer(TravelScene& scene, Progress& progress)
      : scene_(scene), progress_(progress), drawer_(scene, progress) {}

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
  void wait(PictureTask task);
  void draw_waiting();
  void prepare(PictureTask& task, FrameSink& sink);
  bool take_drawn(std::int64_t index, const FramePlace& place, FrameSink& sink);
  void hand_over(const PictureTask& task, Drawing drawing, FrameSink& sink);

  const Image& picture(std::int64_t index);
  bool is_guide(const PictureTask& task) const;
  void plan_work();
  bool claim(const FrameUnit& unit);
  void render_unit(const FrameUnit& unit, FrameSink& sink);
  void hand_over_logs(FrameSink& sink);
  void used_as_start(std::int64_t index);
  void forget_guides(std::int64_t gap);
  std::int64_t stage_frame(std::int64_t stage) const;
  at::Tensor target_latent(std::int64_t gap);

  FrameSpot spot(std::int64_t index) const;
  std::string parameters(const FrameSpot& spot,
                         const TravelRequest& request,
                         std::int64_t from_stage) const;

  TravelScene& scene_;
  Progress& progress_;
  PictureDrawer drawer_;
  const FrameSelection* selection_ = nullptr;
  std::vector<bool> wanted_;  // by frame
  std::vector<PictureTask> waiting_;
  std::function<void(const PictureTask& task, Drawing drawing)>
      take_;  // what was waiting, when it is drawn
  std::int64_t frames_done_ = 0;
  std::int64_t last_gap_ = 0;
  std::map<std::int64_t, Image> pictures_;   // drawn or read again, while they may be needed
  std::map<std::int64_t, int> starts_left_;  // by frame: how many are still to start from it
  std::int64_t target_gap_ = -1;
  at::Tensor target_latent_;
};

}  // namespace ptravel
