#pragma once

#include <cstddef>
#include <vector>

#include <ATen/core/Tensor.h>

#include "travel/pairing.h"

namespace ptravel {

/// What mode replace swaps in an encoded conditioning [tokens, width].
enum class SwapUnit { Row, Column, Value };

/// Turns one encoding into another, unit by unit.
class UnitSwap {
 public:
  UnitSwap(const ContextPair& pair, SwapUnit unit);

  const at::Tensor& current() const { return current_; }
  /// Mean |difference| of each unit between the two encodings: [tokens], [width] or, row by row,
  /// [tokens * width].
  const std::vector<double>& distances() const { return distances_; }
  /// Units that still differ, ascending; a distance of at most 1e-6 does not count.
  std::vector<std::size_t> differing() const;
  void swap(const std::vector<std::size_t>& units);

 private:
  ContextPair pair_;
  SwapUnit unit_;
  at::Tensor current_;
  std::vector<double> distances_;
  std::vector<bool> swapped_;
};

/// The newest version's count for one step: the same for every step of a gap.
std::size_t v3_count(std::size_t differing_at_first, std::int64_t steps);

}  // namespace ptravel
