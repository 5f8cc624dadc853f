#include "motion/pace.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <string>

#include "motion/choose_film.h"
#include "motion/evenness.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMostInBetweens = 1'000'000;
constexpr double kFirstShare = 0.4;  // of the film's frames are drawn before the first halving
constexpr std::size_t kHalvedAtOnce = 2;
// A step that does not shrink when it is halved is likely a flip: after some halvings without
// effect others come first.
constexpr double kShrinks = 0.85;
constexpr int kPatience = 3;
constexpr double kPatienceLost = 0.75;

/// What pair distances cost is kept.
class KnownDistances {
 public:
  explicit KnownDistances(Way& way) : way_(way) {}
  double operator()(const WayPlace& one, const WayPlace& other) {
    const auto [entry, added] = known_.try_emplace({one, other}, 0.0);
    if (added) {
      entry->second = way_.distance(one, other);
      if (!std::isfinite(entry->second) || entry->second < 0) {
        throw Error(ErrorCode::Internal, "[pace] a distance of " + std::to_string(entry->second));
      }
    }
    return entry->second;
  }

 private:
  Way& way_;
  std::map<std::pair<WayPlace, WayPlace>, double> known_;
};

/// Some gaps in a row whose frames are chosen together.
struct Stretch {
  std::int64_t first_gap = 0;
  std::int64_t gaps = 1;
  std::int64_t in_betweens = 0;
  std::int64_t pictures = 0;  ///< That may be there at the end, both ends included.
};

/// Finds the pictures of one stretch.
class Finder {
 public:
  Finder(const PaceTask& task, const Stretch& stretch, Way& way, KnownDistances& distances)
      : task_(task), stretch_(stretch), way_(way), distances_(distances) {}

  /// Draws; the stages are there.
  void find() {
    for (std::int64_t gap = 0; gap <= stretch_.gaps; ++gap) {
      pictures_.push_back({stretch_.first_gap + gap, 0});
    }
    draw(first_places());
    while (static_cast<std::int64_t>(pictures_.size()) < stretch_.pictures) {
      const std::vector<WayPlace> places = halves();
      if (places.empty()) {
        break;
      }
      draw(places);
    }
  }

  /// The in-betweens of the evenest film, rising.
  std::vector<WayPlace> choose() {
    FilmChoice choice;
    choice.weights.assign(static_cast<std::size_t>(stretch_.in_betweens + stretch_.gaps), 1.0);
    std::vector<WayPlace> film = chosen(choice);
    if (!task_.easing) {
      return film;
    }
    // How many frames each gap has is known now: their steps are bent.
    choice.weights.clear();
    for (std::int64_t gap = 0; gap < stretch_.gaps; ++gap) {
      const auto frames = std::count_if(film.begin(), film.end(), [&](const WayPlace& place) {
        return place.gap == stretch_.first_gap + gap && place.alpha > 0;
      });
      double before = 0;
      for (std::int64_t step = 1; step <= frames + 1; ++step) {
        const double share =
            task_.easing(static_cast<double>(step) / static_cast<double>(frames + 1));
        choice.weights.push_back(std::max(share - before, 1e-6));
        before = share;
      }
    }
    return chosen(choice);
  }

  std::vector<WayJump> jumps(double step) {
    std::vector<WayJump> jumps;
    for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
      const double distance = distance_after(i);
      if (distance > step * kJumpOverStep && alpha_gap(i) <= kLeastAlphaGap) {
        jumps.push_back({pictures_[i], pictures_[i + 1], distance});
      }
    }
    return jumps;
  }

  /// Pictures beside the stages.
  std::int64_t drawn() const {
    return static_cast<std::int64_t>(pictures_.size()) - stretch_.gaps - 1;
  }

  Evenness evenness(const std::vector<WayPlace>& film) {
    std::vector<double> steps;
    for (std::size_t i = 0; i <= film.size(); ++i) {
      steps.push_back(distances_(i == 0 ? pictures_.front() : film[i - 1],
                                 i == film.size() ? pictures_.back() : film[i]));
    }
    return evenness_of(steps);
  }

 private:
  std::int64_t positions(std::int64_t gap) const {
    return task_.positions.empty() ? 0 : task_.positions.at(static_cast<std::size_t>(gap));
  }

  /// The place in the middle of two neighbours; nothing when there is none to be had.
  std::optional<WayPlace> middle(std::size_t i) const {
    const WayPlace& from = pictures_[i];
    const double end = alpha_end(i);
    const std::int64_t places = positions(from.gap);
    if (places > 0) {
      const auto intervals = static_cast<double>(places + 1);
      const auto first = std::llround(from.alpha * intervals);
      const auto last = std::llround(end * intervals);
      const auto between = first + (last - first) / 2;
      return last - first < 2
                 ? std::nullopt
                 : std::optional(WayPlace{from.gap, static_cast<double>(between) / intervals});
    }
    const double alpha = from.alpha + (end - from.alpha) / 2;
    return end - from.alpha <= kLeastAlphaGap ? std::nullopt
                                              : std::optional(WayPlace{from.gap, alpha});
  }

  double alpha_end(std::size_t i) const {
    return pictures_[i + 1].gap == pictures_[i].gap ? pictures_[i + 1].alpha : 1;
  }
  double alpha_gap(std::size_t i) const { return alpha_end(i) - pictures_[i].alpha; }
  double distance_after(std::size_t i) { return distances_(pictures_[i], pictures_[i + 1]); }

  /// A few places in each gap, the same in each.
  std::vector<WayPlace> first_places() const {
    const std::int64_t room = stretch_.pictures - stretch_.gaps - 1;
    const double share = static_cast<double>(stretch_.in_betweens) * kFirstShare;
    const std::int64_t each =
        std::clamp<std::int64_t>(std::llround(share / static_cast<double>(stretch_.gaps)), 1,
                                 std::max<std::int64_t>(room / stretch_.gaps, 0) + 1);
    std::vector<WayPlace> places;
    for (std::int64_t gap = stretch_.first_gap; gap < stretch_.first_gap + stretch_.gaps; ++gap) {
      const std::int64_t limit = positions(gap);
      const auto intervals = static_cast<double>(limit + 1);
      double last = 0;
      for (std::int64_t i = 1; i <= each; ++i) {
        double alpha = static_cast<double>(i) / static_cast<double>(each + 1);
        alpha =
            limit > 0 ? static_cast<double>(std::llround(alpha * intervals)) / intervals : alpha;
        if (alpha > last && alpha < 1 && static_cast<std::int64_t>(places.size()) < room) {
          places.push_back({gap, alpha});
          last = alpha;
        }
      }
    }
    return places;
  }

  /// The middles of the steps at which the picture moves most.
  std::vector<WayPlace> halves() {
    struct Step {
      double weight;
      std::size_t index;
    };
    std::vector<Step> steps;
    const bool moves = largest_distance() > 0;
    for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
      if (middle(i)) {
        // Without any motion the way is halved as it is.
        const double weight = moves ? distance_after(i) * patience(i) : alpha_gap(i);
        steps.push_back({weight, i});
      }
    }
    const auto room =
        static_cast<std::size_t>(stretch_.pictures - static_cast<std::int64_t>(pictures_.size()));
    const std::size_t count = std::min({kHalvedAtOnce, room, steps.size()});
    std::partial_sort(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(count),
                      steps.end(), [](const Step& a, const Step& b) {
                        return a.weight != b.weight ? a.weight > b.weight : a.index < b.index;
                      });
    std::vector<WayPlace> places;
    for (std::size_t i = 0; i < count; ++i) {
      places.push_back(*middle(steps[i].index));
    }
    std::sort(places.begin(), places.end());
    return places;
  }

  double largest_distance() {
    double largest = 0;
    for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
      largest = std::max(largest, distance_after(i));
    }
    return largest;
  }

  double patience(std::size_t i) const {
    const auto found = halvings_.find(pictures_[i]);
    const int vain = found == halvings_.end() ? 0 : found->second;
    return std::pow(kPatienceLost, std::max(0, vain - kPatience));
  }

  /// Draws places that lie between pictures that are there, and counts halvings in vain.
  void draw(const std::vector<WayPlace>& places) {
    if (places.empty()) {
      return;
    }
    way_.draw(places);
    for (const WayPlace& place : places) {
      const auto after = std::lower_bound(pictures_.begin(), pictures_.end(), place);
      const WayPlace right = *after;
      const WayPlace left = *(after - 1);
      const double before = distances_(left, right);
      const int vain = halvings_.contains(left) ? halvings_[left] : 0;
      pictures_.insert(after, place);
      halvings_[left] = distances_(left, place) > kShrinks * before ? vain + 1 : 0;
      halvings_[place] = distances_(place, right) > kShrinks * before ? vain + 1 : 0;
    }
  }

  std::vector<WayPlace> chosen(FilmChoice& choice) {
    choice.pictures = pictures_.size();
    choice.distance = [&](std::size_t i, std::size_t j) {
      return distances_(pictures_[i], pictures_[j]);
    };
    choice.required.clear();
    for (std::size_t i = 1; i + 1 < pictures_.size(); ++i) {
      if (pictures_[i].alpha == 0) {
        choice.required.push_back(i);
      }
    }
    const auto film = choose_film(choice);
    if (!film) {
      throw Error(ErrorCode::Internal, "[pace] fewer pictures than frames");
    }
    std::vector<WayPlace> places;
    for (std::size_t i = 1; i + 1 < film->size(); ++i) {
      places.push_back(pictures_[(*film)[i]]);
    }
    return places;
  }

  const PaceTask& task_;
  Stretch stretch_;
  Way& way_;
  KnownDistances& distances_;
  std::vector<WayPlace> pictures_;    // rising, both ends included
  std::map<WayPlace, int> halvings_;  // in vain, of the step that begins there
};

void require_task(const PaceTask& task) {
  bool usable = !task.in_betweens.empty() && task.budget >= 1 && std::isfinite(task.budget) &&
                (task.positions.empty() || task.positions.size() == task.in_betweens.size());
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
        "as many positions as frames");
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
  pace.pictures = gaps + (task.loops ? 0 : 1);
  KnownDistances distances(way);
  for (const Stretch& stretch : stretches(task)) {
    if (stretch.in_betweens == 0) {
      continue;
    }
    Finder finder(task, stretch, way, distances);
    finder.find();
    const std::vector<WayPlace> film = finder.choose();
    for (const WayPlace& place : film) {
      if (place.alpha > 0) {
        pace.alphas.at(static_cast<std::size_t>(place.gap)).push_back(place.alpha);
      }
    }
    const Evenness evenness = finder.evenness(film);
    pace.largest_over_median = std::max(pace.largest_over_median, evenness.largest_over_median);
    const std::vector<WayJump> jumps = finder.jumps(evenness.median);
    pace.jumps.insert(pace.jumps.end(), jumps.begin(), jumps.end());
    pace.pictures += finder.drawn();
  }
  return pace;
}

}  // namespace ptravel
