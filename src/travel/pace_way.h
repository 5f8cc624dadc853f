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
  /// All outlive it. `bridge_steps`: sampling steps that the kinds of bridge mix, by depth.
  /// Progress must count pictures.
  PaceWay(TravelScene& scene,
          PlacePictures& pictures,
          std::vector<int> bridge_steps,
          FrameSink& sink,
          Progress& progress);

  void draw(const std::vector<WayPlace>& places) override;
  double distance(const WayPlace& one, const WayPlace& other) override;
  void bridge(const WayBridge& bridge) override;

  /// Bridges of the way as the film has them.
  std::vector<FilmBridge> film_bridges(const std::vector<WayBridge>& bridges) const;

 private:
  FramePlace frame_place(const WayPlace& place) const;
  FilmBridge film_bridge(const WayBridge& bridge) const;
  PicturePlace picture_place(const WayPlace& place) const;
  WayPlace shown(const WayPlace& place) const;
  void keep(const WayPlace& place, const PlacePicture& picture);
  const FrameView& view(const WayPlace& place);

  TravelScene& scene_;
  PlacePictures& pictures_;
  FrameSink& sink_;
  Progress& progress_;
  std::vector<int> bridge_steps_;
  std::vector<FilmBridge> bridges_;
  FrameRenderer renderer_;
  FrameSelection guides_;
  std::map<WayPlace, Image> images_;                 // reduced; empty where latents are compared
  std::list<std::pair<WayPlace, FrameView>> views_;  // the last one used first
  std::map<WayPlace, PictureLatent> latents_;
};

}  // namespace ptravel
