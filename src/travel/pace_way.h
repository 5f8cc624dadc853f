#pragma once

#include <list>
#include <map>
#include <utility>
#include <vector>

#include "media/latent_chunk.h"
#include "motion/frame_view.h"
#include "motion/pace.h"
#include "ptravel/progress.h"
#include "ptravel/travel.h"
#include "travel/frame_renderer.h"

namespace ptravel {

/// A travel as finding its pace sees it: pictures of places, and how far they are apart. One
/// thread.
class PaceWay : public Way {
 public:
  /// All outlive it. Progress must count pictures.
  PaceWay(TravelScene& scene, PlacePictures& pictures, FrameSink& sink, Progress& progress);

  void draw(const std::vector<WayPlace>& places) override;
  double distance(const WayPlace& one, const WayPlace& other) override;

 private:
  FramePlace frame_place(const WayPlace& place) const;
  WayPlace shown(const WayPlace& place) const;
  void keep(const WayPlace& place, const PlacePicture& picture);
  const FrameView& view(const WayPlace& place);

  TravelScene& scene_;
  PlacePictures& pictures_;
  FrameSink& sink_;
  Progress& progress_;
  FrameRenderer renderer_;
  FrameSelection guides_;
  std::map<WayPlace, Image> images_;                 // reduced; empty where latents are compared
  std::list<std::pair<WayPlace, FrameView>> views_;  // the last one used first
  std::map<WayPlace, PictureLatent> latents_;
};

}  // namespace ptravel
