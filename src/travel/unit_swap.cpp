#include "travel/unit_swap.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr double kEqual = 1e-6;  // the newest version's threshold

at::Tensor unit_distances(const ContextPair& pair, SwapUnit unit) {
  const at::Tensor difference = (pair.from - pair.to).abs();
  switch (unit) {
    case SwapUnit::Row:
      return difference.mean(1);
    case SwapUnit::Column:
      return difference.mean(0);
    case SwapUnit::Value:
      break;
  }
  return difference.flatten();
}

}  // namespace

UnitSwap::UnitSwap(const ContextPair& pair, SwapUnit unit)
    : pair_(pair), unit_(unit), current_(pair.from.clone()) {
  const at::Tensor values = unit_distances(pair, unit).to(at::kDouble).contiguous();
  distances_.assign(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  swapped_.resize(distances_.size());
}

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
  at::Tensor mask = at::zeros({static_cast<std::int64_t>(distances_.size())}, at::kBool);
  for (const std::size_t unit : units) {
    mask.data_ptr<bool>()[unit] = true;
    swapped_.at(unit) = true;
  }
  switch (unit_) {
    case SwapUnit::Row:
      mask = mask.unsqueeze(1);
      break;
    case SwapUnit::Column:
      mask = mask.unsqueeze(0);
      break;
    case SwapUnit::Value:
      mask = mask.reshape(current_.sizes());
      break;
  }
  current_ = at::where(mask, pair_.to, current_);
}

std::size_t v3_count(std::size_t differing_at_first, std::int64_t steps) {
  return differing_at_first / static_cast<std::size_t>(std::max<std::int64_t>(steps, 0) + 1) + 1;
}

}  // namespace ptravel
