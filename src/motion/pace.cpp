#include "motion/pace.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "motion/pace_search.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMostInBetweens = 1'000'000;

void require_task(const PaceTask& task) {
  bool usable =
      !task.in_betweens.empty() && task.budget >= 1 && std::isfinite(task.budget) &&
      (task.positions.empty() || task.positions.size() == task.in_betweens.size()) &&
      std::ranges::all_of(task.bridge_costs, [](double cost) { return cost > 0 && cost <= 1; });
  for (std::size_t gap = 0; usable && gap < task.in_betweens.size(); ++gap) {
    const std::int64_t frames = task.in_betweens[gap];
    const std::int64_t positions = task.positions.empty() ? 0 : task.positions[gap];
    usable = frames >= 0 && frames <= kMostInBetweens && positions >= 0 &&
             (positions == 0 || positions >= frames);
  }
  if (!usable) {
    throw Error(
        ErrorCode::InvalidArgument,
        "[pace] expected at least one gap with 0 or more frames, a budget of at least 1, and "
        "as many positions as frames, and bridges that cost more than 0 and at most 1");
  }
}

/// Gaps that are paced together: all of them, or each by itself.
std::vector<Stretch> stretches(const PaceTask& task) {
  std::vector<Stretch> all;
  const auto gaps = static_cast<std::int64_t>(task.in_betweens.size());
  for (std::int64_t gap = 0; gap < gaps; ++gap) {
    const std::int64_t frames = task.in_betweens[static_cast<std::size_t>(gap)];
    if (task.shares_frames && gap > 0) {
      ++all.front().gaps;
      all.front().in_betweens += frames;
    } else {
      all.push_back({gap, 1, frames, 0});
    }
  }
  for (Stretch& stretch : all) {
    // The last stage is the next stretch's first one.
    const std::int64_t own = stretch.in_betweens + stretch.gaps;
    const bool ends = stretch.first_gap + stretch.gaps == gaps && !task.loops;
    stretch.pictures = pace_pictures(own + (ends ? 1 : 0), task.budget) + (ends ? 0 : 1);
  }
  return all;
}

}  // namespace

std::int64_t pace_pictures(std::int64_t frames, double budget) {
  return std::max(
      frames, static_cast<std::int64_t>(std::floor(static_cast<double>(frames) * budget + 1e-9)));
}

PacedFilm find_pace(const PaceTask& task, Way& way) {
  require_task(task);
  const auto gaps = static_cast<std::int64_t>(task.in_betweens.size());
  std::vector<WayPlace> stages;
  for (std::int64_t gap = 0; gap <= gaps; ++gap) {
    stages.push_back({gap, 0});
  }
  way.draw(stages);
  PacedFilm pace;
  pace.alphas.resize(task.in_betweens.size());
  auto drawn = static_cast<double>(gaps + (task.loops ? 0 : 1));
  KnownDistances distances(way);
  for (const Stretch& stretch : stretches(task)) {
    if (stretch.in_betweens == 0) {
      continue;
    }
    PaceSearch search(task, stretch, way, distances);
    search.find();
    const std::vector<WayPlace> film = search.choose();
    for (const WayPlace& place : film) {
      if (place.alpha > 0) {
        pace.alphas.at(static_cast<std::size_t>(place.gap)).push_back(place.alpha);
      }
    }
    const Evenness evenness = search.evenness(film);
    pace.largest_over_median = std::max(pace.largest_over_median, evenness.largest_over_median);
    const std::vector<WayJump> jumps = search.jumps(evenness.median);
    pace.jumps.insert(pace.jumps.end(), jumps.begin(), jumps.end());
    const std::vector<WayBridge> bridges = search.bridges(film);
    pace.bridges.insert(pace.bridges.end(), bridges.begin(), bridges.end());
    drawn += search.drawn();
  }
  pace.pictures = static_cast<std::int64_t>(std::ceil(drawn - 1e-9));
  return pace;
}

}  // namespace ptravel
