#include "motion/pace_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "motion/wanted_middles.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr double kFirstShare = 0.4;  // of the film's frames are drawn before the first halving
constexpr std::size_t kHalvedAtOnce = 2;
// A step that does not shrink when it is halved is likely a flip: after some halvings without
// effect others come first.
constexpr double kShrinks = 0.85;
constexpr double kPatienceLost = 0.75;
constexpr double kPartsOfBridge = 4096;  // places on a bridge are not closer
// A step of this many even ones is too large for an even film: such are halved before all else.
constexpr double kTooLarge = 1.8;
constexpr std::int64_t kRefinements = 6;  // in how many parts the film asks for pictures

}  // namespace

double KnownDistances::operator()(const WayPlace& one, const WayPlace& other) {
  const auto [entry, added] = known_.try_emplace({one, other}, 0.0);
  if (added) {
    entry->second = way_.distance(one, other);
    if (!std::isfinite(entry->second) || entry->second < 0) {
      throw Error(ErrorCode::Internal, "[pace] a distance of " + std::to_string(entry->second));
    }
  }
  return entry->second;
}

void KnownDistances::forget_between(const WayPlace& from, const WayPlace& to) {
  const auto within = [&](const WayPlace& place) { return from < place && place < to; };
  std::erase_if(known_, [&](const auto& entry) {
    return within(entry.first.first) || within(entry.first.second);
  });
}

/// Draws; the stages are there.
void PaceSearch::find() {
  for (std::int64_t gap = 0; gap <= stretch_.gaps; ++gap) {
    pictures_.push_back({stretch_.first_gap + gap, 0});
  }
  spent_ = static_cast<double>(pictures_.size());
  const auto budget = static_cast<double>(stretch_.pictures);
  // For the jumps that are left at the end.
  const double kept = task_.bridge_costs.empty() ? 0 : kBridgeEnds + 1;
  limit_ = budget - kept;
  draw(first_places());
  halvings_.clear();  // Places at equal distances say nothing about halving.
  std::int64_t rounds = kRefinements;
  while (cross_jump() || (has_large_step() && halve()) || (rounds > 0 && refine(rounds--))) {
  }
  limit_ = budget;
  while (cross_what_is_left()) {
  }
  while (halve()) {
  }
  // Bridges may have been given up with what was drawn on them.
  limit_ = std::numeric_limits<double>::infinity();
  while (static_cast<std::int64_t>(pictures_.size()) <= stretch_.in_betweens + stretch_.gaps &&
         halve()) {
  }
}

/// Draws the middles of the largest steps; false: none is to be had.
bool PaceSearch::halve() {
  const std::vector<WayPlace> places = halves();
  draw(places);
  return !places.empty();
}

/// Draws middles that the evenest film would show, a share of what may be paid for; false: it shows
/// none.
bool PaceSearch::refine(std::int64_t rounds) {
  std::vector<bool> halvable;
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    halvable.push_back(middle(i).has_value());
  }
  std::vector<std::size_t> steps = wanted_middles(film_choice(), halvable);
  std::ranges::stable_sort(steps, [this](std::size_t a, std::size_t b) {
    return distance_after(a) > distance_after(b);
  });
  const double share = (limit_ - spent_) / static_cast<double>(rounds);
  std::vector<WayPlace> places;
  double price = 0;
  for (const std::size_t i : steps) {
    price += cost(i);
    if ((places.empty() || price <= share) && can_pay(price)) {
      places.push_back(*middle(i));
    }
  }
  std::sort(places.begin(), places.end());
  draw(places);
  return !places.empty();
}

/// The in-betweens of the evenest film, rising.
std::vector<WayPlace> PaceSearch::choose() {
  const FilmChoice choice = film_choice();
  const auto film = choose_film(choice);
  if (!film) {
    throw Error(ErrorCode::Internal, "[pace] fewer pictures than frames");
  }
  return in_betweens(*film);
}

Evenness PaceSearch::evenness(const std::vector<WayPlace>& film) {
  std::vector<double> steps;
  for (std::size_t i = 0; i <= film.size(); ++i) {
    steps.push_back(distances_(i == 0 ? pictures_.front() : film[i - 1],
                               i == film.size() ? pictures_.back() : film[i]));
  }
  return evenness_of(steps);
}

std::int64_t PaceSearch::positions(std::int64_t gap) const {
  return task_.positions.empty() ? 0 : task_.positions.at(static_cast<std::size_t>(gap));
}

/// The place in the middle of two neighbours; nothing when there is none to be had.
std::optional<WayPlace> PaceSearch::middle(std::size_t i) const {
  const WayPlace& from = pictures_[i];
  const double end = alpha_end(i);
  const std::int64_t places = positions(from.gap);
  const WayBridge* const bridge = bridge_of(i);
  if (places > 0 && bridge == nullptr) {
    const auto intervals = static_cast<double>(places + 1);
    const auto first = std::llround(from.alpha * intervals);
    const auto last = std::llround(end * intervals);
    const auto between = first + (last - first) / 2;
    return last - first < 2
               ? std::nullopt
               : std::optional(WayPlace{from.gap, static_cast<double>(between) / intervals});
  }
  const double alpha = from.alpha + (end - from.alpha) / 2;
  const double least = bridge == nullptr ? kLeastAlphaGap : length_of(*bridge) / kPartsOfBridge;
  return end - from.alpha <= least ? std::nullopt : std::optional(WayPlace{from.gap, alpha});
}

/// What the picture at a place inside of a step costs.
double PaceSearch::cost(std::size_t i) const {
  const WayBridge* const bridge = bridge_of(i);
  return bridge == nullptr ? 1 : task_.bridge_costs[bridge->depth];
}

/// What a step of the film would be if all were equal.
double PaceSearch::even_step() {
  double length = 0;
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    length += distance_after(i);
  }
  return length / static_cast<double>(stretch_.in_betweens + stretch_.gaps);
}

bool PaceSearch::can_pay(double price) const {
  constexpr double kRounding = 1e-9;
  return spent_ + price <= limit_ + kRounding;
}

double PaceSearch::alpha_end(std::size_t i) const {
  return pictures_[i + 1].gap == pictures_[i].gap ? pictures_[i + 1].alpha : 1;
}

/// A few places in each gap, the same in each.
std::vector<WayPlace> PaceSearch::first_places() const {
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
      alpha = limit > 0 ? static_cast<double>(std::llround(alpha * intervals)) / intervals : alpha;
      if (alpha > last && alpha < 1 && static_cast<std::int64_t>(places.size()) < room) {
        places.push_back({gap, alpha});
        last = alpha;
      }
    }
  }
  return places;
}

/// The middles of the steps at which the picture moves most.
std::vector<WayPlace> PaceSearch::halves() {
  struct Step {
    double weight;
    std::size_t index;
  };
  std::vector<Step> steps;
  const bool moves = largest_distance() > 0;
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    if (middle(i)) {
      // Without any motion the way is halved as it is.
      const double weight = moves ? urgency(i) : alpha_gap(i);
      steps.push_back({weight, i});
    }
  }
  const std::size_t count = std::min(kHalvedAtOnce, steps.size());
  std::partial_sort(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(count), steps.end(),
                    [](const Step& a, const Step& b) {
                      return a.weight != b.weight ? a.weight > b.weight : a.index < b.index;
                    });
  std::vector<WayPlace> places;
  double price = 0;
  for (std::size_t i = 0; i < count; ++i) {
    price += cost(steps[i].index);
    if (can_pay(price)) {
      places.push_back(*middle(steps[i].index));
    }
  }
  std::sort(places.begin(), places.end());
  return places;
}

double PaceSearch::largest_distance() {
  double largest = 0;
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    largest = std::max(largest, distance_after(i));
  }
  return largest;
}

int PaceSearch::halvings_in_vain(std::size_t i) const {
  const auto found = halvings_.find(pictures_[i]);
  return found == halvings_.end() ? 0 : found->second;
}

/// How much a step wants to be halved: its distance, and less after halvings in vain.
double PaceSearch::urgency(std::size_t i) {
  return distance_after(i) * std::pow(kPatienceLost, std::max(0, halvings_in_vain(i) - kPatience));
}

/// Whether a step that can be halved is too large for an even film.
bool PaceSearch::has_large_step() {
  const double least = kTooLarge * even_step();
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    if (distance_after(i) > least && middle(i)) {
      return true;
    }
  }
  return false;
}

/// Draws places that lie between pictures that are there, and counts halvings in vain.
void PaceSearch::draw(const std::vector<WayPlace>& places) {
  if (places.empty()) {
    return;
  }
  way_.draw(places);
  for (const WayPlace& place : places) {
    const auto after = std::lower_bound(pictures_.begin(), pictures_.end(), place);
    const WayPlace right = *after;
    const WayPlace left = *(after - 1);
    const auto step = static_cast<std::size_t>(after - pictures_.begin()) - 1;
    const double before = distances_(left, right);
    const int vain = halvings_in_vain(step);
    spent_ += cost(step);
    pictures_.insert(after, place);
    halvings_[left] = distances_(left, place) > kShrinks * before ? vain + 1 : 0;
    halvings_[place] = distances_(place, right) > kShrinks * before ? vain + 1 : 0;
  }
}

/// All pictures, and how large the film's steps are to be.
FilmChoice PaceSearch::film_choice() {
  FilmChoice choice;
  choice.pictures = pictures_.size();
  choice.distance = [this](std::size_t i, std::size_t j) {
    return distances_(pictures_[i], pictures_[j]);
  };
  for (std::size_t i = 1; i + 1 < pictures_.size(); ++i) {
    if (pictures_[i].alpha == 0) {
      choice.required.push_back(i);
    }
  }
  choice.weights.assign(static_cast<std::size_t>(stretch_.in_betweens + stretch_.gaps), 1.0);
  if (task_.easing) {
    if (const auto even = choose_film(choice)) {
      choice.weights = bent_steps(in_betweens(*even));
    }
  }
  return choice;
}

/// The easing's steps for as many frames in each gap as a film has there.
std::vector<double> PaceSearch::bent_steps(const std::vector<WayPlace>& film) const {
  std::vector<double> steps;
  for (std::int64_t gap = 0; gap < stretch_.gaps; ++gap) {
    const auto frames = std::ranges::count_if(film, [&](const WayPlace& place) {
      return place.gap == stretch_.first_gap + gap && place.alpha > 0;
    });
    double before = 0;
    for (std::int64_t step = 1; step <= frames + 1; ++step) {
      const double share =
          task_.easing(static_cast<double>(step) / static_cast<double>(frames + 1));
      steps.push_back(std::max(share - before, 1e-6));
      before = share;
    }
  }
  return steps;
}

/// Of a film that is given as numbers of pictures.
std::vector<WayPlace> PaceSearch::in_betweens(const std::vector<std::size_t>& film) const {
  std::vector<WayPlace> places;
  for (std::size_t i = 1; i + 1 < film.size(); ++i) {
    places.push_back(pictures_[film[i]]);
  }
  return places;
}

}  // namespace ptravel
