#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "diffusion/text_encoding.h"

namespace ptravel {

/// Turns one encoding into another, unit by unit.
class UnitSwap {
 public:
  UnitSwap(EncodingPair pair, SwapUnit unit);

  const TextEncoding& current() const { return current_; }
  /// unit_distances of the two encodings.
  const std::vector<double>& distances() const { return distances_; }
  /// Units that still differ, ascending; a distance of at most 1e-6 does not count.
  std::vector<std::size_t> differing() const;
  void swap(const std::vector<std::size_t>& units);

 private:
  EncodingPair pair_;
  SwapUnit unit_;
  TextEncoding current_;
  std::vector<double> distances_;
  std::vector<bool> swapped_;
};

/// The newest version's count for one step: the same for every step of a gap.
std::size_t v3_count(std::size_t differing_at_first, std::int64_t steps);

}  // namespace ptravel
