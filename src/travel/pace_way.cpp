#include "travel/pace_way.h"

#include <algorithm>
#include <utility>

#include "base/profile_scope.h"
#include "motion/latent_distance.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kShortSide = 256;  // pictures are judged at about this size
constexpr std::size_t kMostViews = 32;

/// Means of blocks, so that the short side has about kShortSide pixels.
Image reduced(const Image& image) {
  const int factor = std::max(1, std::min(image.width, image.height) / kShortSide);
  if (factor == 1) {
    return image;
  }
  Image small(image.width / factor, image.height / factor);
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width * 3; ++x) {
      int sum = 0;
      for (int dy = 0; dy < factor; ++dy) {
        const std::uint8_t* row = image.row(y * factor + dy) + x / 3 * factor * 3 + x % 3;
        for (int dx = 0; dx < factor; ++dx) {
          sum += row[dx * 3];
        }
      }
      small.row(y)[x] = static_cast<std::uint8_t>((sum + factor * factor / 2) / (factor * factor));
    }
  }
  return small;
}

}  // namespace

PaceWay::PaceWay(TravelScene& scene,
                 PlacePictures& pictures,
                 std::vector<int> bridge_steps,
                 FrameSink& sink,
                 Progress& progress)
    : scene_(scene),
      pictures_(pictures),
      sink_(sink),
      progress_(progress),
      bridge_steps_(std::move(bridge_steps)),
      renderer_(scene, progress) {
  guides_.finished = [this](std::int64_t index) {
    const FramePlace& place = scene_.route->places().at(static_cast<std::size_t>(index));
    const auto found = pictures_.find({place.stage, place.alpha});
    PTRAVEL_CHECK(found.has_value());
    return found->image;
  };
}

/// The last stage of a loop is the first one.
WayPlace PaceWay::shown(const WayPlace& place) const {
  const auto gaps = static_cast<std::int64_t>(scene_.plan.steps.size());
  return scene_.plan.loops && place.gap == gaps ? WayPlace{0, place.alpha} : place;
}

FramePlace PaceWay::frame_place(const WayPlace& place) const {
  return scene_.route->place_at(place.gap, place.alpha);
}

PicturePlace PaceWay::picture_place(const WayPlace& place) const {
  const FilmBridge* const bridge = scene_.route->bridge_of(frame_place(place));
  return {place.gap, place.alpha, bridge == nullptr ? 0 : bridge->steps};
}

FilmBridge PaceWay::film_bridge(const WayBridge& bridge) const {
  return {bridge.from.gap, bridge.from.alpha,
          bridge.to.gap == bridge.from.gap ? bridge.to.alpha : 1, bridge_steps_.at(bridge.depth)};
}

std::vector<FilmBridge> PaceWay::film_bridges(const std::vector<WayBridge>& bridges) const {
  std::vector<FilmBridge> film;
  for (const WayBridge& bridge : bridges) {
    film.push_back(film_bridge(bridge));
  }
  return film;
}

void PaceWay::bridge(const WayBridge& bridge) {
  const FilmBridge film = film_bridge(bridge);
  std::erase_if(bridges_, [&](const FilmBridge& other) {
    return other.stage == film.stage && other.from_alpha == film.from_alpha;
  });
  bridges_.push_back(film);
  scene_.route->set_bridges(bridges_);
  const auto within = [&](const auto& entry) {
    return bridge.from < entry.first && entry.first < bridge.to;
  };
  std::erase_if(images_, within);
  std::erase_if(views_, within);
  std::erase_if(latents_, within);
}

void PaceWay::draw(const std::vector<WayPlace>& places) {
  std::vector<FramePlace> missing;
  std::vector<WayPlace> missing_places;
  for (const WayPlace& asked : places) {
    const WayPlace place = shown(asked);
    if (images_.contains(place)) {
      continue;
    }
    const auto found = pictures_.find(picture_place(place));
    if (found && parse_latent(found->latent)) {
      keep(place, *found);
      renderer_.count_found();
    } else {
      missing.push_back(frame_place(place));
      missing_places.push_back(place);
    }
  }
  renderer_.draw_places(missing, guides_, sink_,
                        [&](std::size_t number, const PlacePicture& picture) {
                          const WayPlace& place = missing_places.at(number);
                          pictures_.keep(picture_place(place), picture);
                          keep(place, picture);
                        });
}

void PaceWay::keep(const WayPlace& place, const PlacePicture& picture) {
  if (scene_.request.pace_by == PaceBy::Latent) {
    const auto latent = parse_latent(picture.latent);
    PTRAVEL_CHECK(latent.has_value());
    latents_[place] = *latent;
    images_[place] = {};
  } else {
    images_[place] = reduced(picture.image);
  }
}

const FrameView& PaceWay::view(const WayPlace& place) {
  const auto found = std::find_if(views_.begin(), views_.end(),
                                  [&](const auto& entry) { return entry.first == place; });
  if (found != views_.end()) {
    views_.splice(views_.begin(), views_, found);
  } else {
    views_.emplace_front(place, FrameView(images_.at(place)));
    if (views_.size() > kMostViews) {
      views_.pop_back();
    }
  }
  return views_.front().second;
}

double PaceWay::distance(const WayPlace& one, const WayPlace& other) {
  const auto profile = ProfileScope::part("motion");
  progress_.check_cancelled();
  const WayPlace a = shown(one);
  const WayPlace b = shown(other);
  if (scene_.request.pace_by == PaceBy::Latent) {
    return latent_distance(latents_.at(a), latents_.at(b));
  }
  view(a);
  const FrameView& second = view(b);
  const FrameView& first = view(a);  // Lists keep their elements where they are.
  return std::max(0.0, scene_.request.pace_by == PaceBy::Lab ? colour_distance(first, second)
                                                             : structure_distance(first, second));
}

}  // namespace ptravel
