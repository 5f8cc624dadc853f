#include "motion/pace_search.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr double kFirstShare = 0.4;  // of the film's frames are drawn before the first halving
constexpr std::size_t kHalvedAtOnce = 2;
// A step that does not shrink when it is halved is likely a flip: after some halvings without
// effect others come first.
constexpr double kShrinks = 0.85;
constexpr int kPatience = 3;
constexpr int kPatienceOnBridges = 2;
constexpr double kPatienceLost = 0.75;
constexpr double kBridgeEnds = 2;  // pictures that a bridge costs by itself: its ends, again
constexpr double kKeptForTheEnd = kBridgeEnds + 1;  // for the jumps that are left
constexpr double kPartsOfBridge = 4096;             // places on a bridge are not closer

/// Of a bridge, in alpha.
double length(const WayBridge& bridge) {
  return (bridge.to.gap == bridge.from.gap ? bridge.to.alpha : 1) - bridge.from.alpha;
}

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
  limit_ = task_.bridge_costs.empty() ? budget : budget - kKeptForTheEnd;
  draw(first_places());
  halvings_.clear();  // Places at equal distances say nothing about halving.
  while (cross_jump() || halve()) {
  }
  limit_ = budget;
  while (cross_what_is_left()) {
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

/// The in-betweens of the evenest film, rising.
std::vector<WayPlace> PaceSearch::choose() {
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

std::vector<WayJump> PaceSearch::jumps(double step) {
  std::vector<WayJump> jumps;
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    const double distance = distance_after(i);
    if (distance > step * kJumpOverStep && alpha_gap(i) <= kLeastAlphaGap && !bridge_of(i)) {
      jumps.push_back({pictures_[i], pictures_[i + 1], distance});
    }
  }
  return jumps;
}

/// The bridges that frames of the film lie on.
std::vector<WayBridge> PaceSearch::bridges(const std::vector<WayPlace>& film) const {
  std::vector<WayBridge> used;
  for (const auto& entry : bridges_) {
    const WayBridge& bridge = entry.second;
    if (std::ranges::any_of(film, [&](const WayPlace& place) {
          return bridge.from < place && place < bridge.to;
        })) {
      used.push_back(bridge);
    }
  }
  return used;
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
  const double least = bridge == nullptr ? kLeastAlphaGap : length(*bridge) / kPartsOfBridge;
  return end - from.alpha <= least ? std::nullopt : std::optional(WayPlace{from.gap, alpha});
}

/// The bridge that a step lies on; null: none.
const WayBridge* PaceSearch::bridge_of(std::size_t i) const {
  const auto after = bridges_.upper_bound(pictures_[i]);
  if (after == bridges_.begin()) {
    return nullptr;
  }
  const WayBridge& bridge = std::prev(after)->second;
  return pictures_[i] < bridge.to ? &bridge : nullptr;
}

/// What the picture at a place inside of a step costs.
double PaceSearch::cost(std::size_t i) const {
  const WayBridge* const bridge = bridge_of(i);
  return bridge == nullptr ? 1 : task_.bridge_costs[bridge->depth];
}

/// Whether halving a step has not helped, or is not to be had.
bool PaceSearch::resists(std::size_t i) const {
  const int patience = bridge_of(i) == nullptr ? kPatience : kPatienceOnBridges;
  return halvings_in_vain(i) >= patience || !middle(i);
}

/// What a step of the film would be if all were equal.
double PaceSearch::even_step() {
  double length = 0;
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    length += distance_after(i);
  }
  return length / static_cast<double>(stretch_.in_betweens + stretch_.gaps);
}

/// Bridges the largest step if it resists, or gives its bridge another kind; false: it does not,
/// or there is none for it.
bool PaceSearch::cross_jump() {
  if (task_.bridge_costs.empty()) {
    return false;
  }
  for (const std::size_t i : jumps_by_size()) {
    const WayBridge* const bridge = bridge_of(i);
    const std::size_t depth = bridge == nullptr ? 0 : bridge->depth + 1;
    if (resists(i) && depth < task_.bridge_costs.size() && build(i, depth)) {
      return true;
    }
    if (middle(i)) {
      return false;
    }
  }
  return false;
}

/// What still jumps when nothing more can be paid for is led across by the last kind of bridge, on
/// which pictures cost least; false: nothing is left, or can be led across.
bool PaceSearch::cross_what_is_left() {
  if (task_.bridge_costs.empty()) {
    return false;
  }
  const std::size_t last = task_.bridge_costs.size() - 1;
  for (const std::size_t i : jumps_by_size()) {
    const WayBridge* const bridge = bridge_of(i);
    if (bridge == nullptr || bridge->depth < last) {
      if (build(i, last)) {
        return true;
      }
    } else if (const auto place = middle(i); place && can_pay(cost(i))) {
      draw({*place});
      return true;
    }
  }
  return false;
}

/// Steps that are too large for an even film, the largest first.
std::vector<std::size_t> PaceSearch::jumps_by_size() {
  const double least = kJumpOverStep * even_step();
  std::vector<std::size_t> steps;
  for (std::size_t i = 0; i + 1 < pictures_.size(); ++i) {
    if (distance_after(i) > least) {
      steps.push_back(i);
    }
  }
  std::ranges::stable_sort(steps, [this](std::size_t a, std::size_t b) {
    return distance_after(a) > distance_after(b);
  });
  return steps;
}

/// Bridges a step, or gives its bridge that depth; false: it is too dear.
bool PaceSearch::build(std::size_t i, std::size_t depth) {
  const WayBridge* const known = bridge_of(i);
  const WayBridge bridge = known == nullptr ? WayBridge{pictures_[i], pictures_[i + 1], depth}
                                            : WayBridge{known->from, known->to, depth};
  const double price = known == nullptr ? kBridgeEnds : 0;
  if (!can_pay(price + task_.bridge_costs[depth])) {
    return false;
  }
  spent_ += price;
  way_.bridge(bridge);
  bridges_[bridge.from] = bridge;
  halvings_[bridge.from] = 0;
  distances_.forget_between(bridge.from, bridge.to);
  std::erase_if(pictures_,
                [&](const WayPlace& place) { return bridge.from < place && place < bridge.to; });
  return true;
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
      const double weight = moves ? distance_after(i) * patience(i) : alpha_gap(i);
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

double PaceSearch::patience(std::size_t i) const {
  return std::pow(kPatienceLost, std::max(0, halvings_in_vain(i) - kPatience));
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

std::vector<WayPlace> PaceSearch::chosen(FilmChoice& choice) {
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

}  // namespace ptravel
