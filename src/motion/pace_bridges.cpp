// What PaceSearch does about jumps.

#include <algorithm>
#include <iterator>

#include "motion/pace_search.h"

namespace ptravel {
namespace {

constexpr int kPatienceOnBridges = 2;

}  // namespace

double length_of(const WayBridge& bridge) {
  return (bridge.to.gap == bridge.from.gap ? bridge.to.alpha : 1) - bridge.from.alpha;
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

/// The bridge that a step lies on; null: none.
const WayBridge* PaceSearch::bridge_of(std::size_t i) const {
  const auto after = bridges_.upper_bound(pictures_[i]);
  if (after == bridges_.begin()) {
    return nullptr;
  }
  const WayBridge& bridge = std::prev(after)->second;
  return pictures_[i] < bridge.to ? &bridge : nullptr;
}

/// Whether halving a step has not helped, or is not to be had.
bool PaceSearch::resists(std::size_t i) const {
  const int patience = bridge_of(i) == nullptr ? kPatience : kPatienceOnBridges;
  return halvings_in_vain(i) >= patience || !middle(i);
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

}  // namespace ptravel
