#include "travel/unit_swap.h"

#include <algorithm>
#include <utility>

namespace ptravel {
namespace {

constexpr double kEqual = 1e-6;  // the newest version's threshold

}  // namespace

UnitSwap::UnitSwap(EncodingPair pair, SwapUnit unit)
    : pair_(std::move(pair)),
      unit_(unit),
      current_(pair_.from),
      distances_(unit_distances(pair_, unit)),
      swapped_(distances_.size()) {}

std::vector<std::size_t> UnitSwap::differing() const {
  std::vector<std::size_t> units;
  for (std::size_t i = 0; i < distances_.size(); ++i) {
    if (!swapped_[i] && distances_[i] > kEqual) {
      units.push_back(i);
    }
  }
  return units;
}

void UnitSwap::swap(const std::vector<std::size_t>& units) {
  for (const std::size_t unit : units) {
    swapped_.at(unit) = true;
  }
  current_ = swapped(pair_, unit_, swapped_);
}

std::size_t v3_count(std::size_t differing_at_first, std::int64_t steps) {
  return differing_at_first / static_cast<std::size_t>(std::max<std::int64_t>(steps, 0) + 1) + 1;
}

}  // namespace ptravel
