#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "travel/walk.h"

namespace ptravel {

/// What the two kinds of mode replace have in common: how many are swapped in a step, and which.
class ReplaceWalk : public SteppingWalk {
 public:
  using SteppingWalk::SteppingWalk;

 protected:
  /// Share of the gap's travel steps that are done with `step`, eased: 1 with the last.
  double share(std::int64_t step) const;
  /// How many more of `total` places are to be replaced in `step`, `left` of which still differ, so
  /// that their number grows evenly.
  std::size_t even_count(std::size_t total, std::size_t left, std::int64_t step) const;
  /// 0 .. count - 1 shuffled: the same for the same stage, gap and `salt`.
  std::vector<std::size_t> shuffled(std::size_t count, std::int64_t salt) const;
  /// Places by their keys as the request's order says: ascending, or descending.
  std::vector<std::size_t> by_keys(const std::vector<double>& keys) const;
};

}  // namespace ptravel
