#include "travel/frame_units.h"

#include <algorithm>

#include "request/hires.h"
#include "request/mode_infos.h"

namespace ptravel {
namespace {

/// Whether the gap leads to the film's first frame, which lies in another gap: the end of a loop.
bool comes_back(const FilmOrder& order, std::int64_t gap) {
  const auto place = static_cast<std::size_t>(gap);
  return gap > 0 && place < order.target.size() && order.target[place] && *order.target[place] == 0;
}

/// A card with as many pixels in work as this is busy; and so many pictures are enough of any size.
constexpr std::int64_t kBusyPixels = std::int64_t{8} * 512 * 512;
constexpr std::int64_t kMostAtOnce = 16;

std::int64_t most_pixels(const TravelRequest& request) {
  constexpr int kUsualFactor = 8;  // pixels of a latent's cell
  const HiresSize second = request.hires ? hires_size(request, kUsualFactor) : HiresSize{};
  return std::max({std::int64_t{request.width} * request.height,
                   std::int64_t{second.width} * second.height, std::int64_t{1}});
}

}  // namespace

bool frames_stand_alone(const TravelRequest& request) {
  // Walks that keep a log build on their earlier steps.
  return !mode_info(request.mode).keeps_log(request) && request.genesis == Genesis::Fixed;
}

int frames_at_once(const TravelRequest& request, bool on_card) {
  if (request.batch > 0 || !on_card) {
    return std::max(request.batch, 1);
  }
  return static_cast<int>(
      std::clamp<std::int64_t>(kBusyPixels / most_pixels(request), 1, kMostAtOnce));
}

std::int64_t gap_of(const FramePlace& place) {
  return place.at_stage() ? std::max<std::int64_t>(place.stage - 1, 0) : place.stage;
}

std::vector<FrameUnit> frame_units(const std::vector<FramePlace>& places,
                                   const FilmOrder& order,
                                   const TravelRequest& request,
                                   int at_once) {
  const bool chain = request.genesis == Genesis::Successive;
  const bool alone = frames_stand_alone(request);
  const auto most = static_cast<std::size_t>(at_once);
  std::vector<FrameUnit> units;
  std::int64_t last_gap = -1;
  for (const std::int64_t index : order.drawing) {
    const std::int64_t gap = gap_of(places.at(static_cast<std::size_t>(index)));
    const bool begins =
        alone ? !units.empty() && units.back().frames.size() >= most : !chain && gap != last_gap;
    if (units.empty() || begins) {
      units.emplace_back();
      if (!chain && walks_by_picture(request) && comes_back(order, gap)) {
        units.back().needs.push_back(0);
      }
    }
    units.back().frames.push_back(index);
    last_gap = gap;
  }
  return units;
}

}  // namespace ptravel
