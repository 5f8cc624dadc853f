#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace ptravel {

/// The distance from picture i to picture j > i.
using PairDistance = std::function<double(std::size_t i, std::size_t j)>;

/// Which pictures of a way make the evenest film.
struct FrameChoice {
  std::vector<std::size_t> frames;  ///< Rising.
  double smallest = 0;              ///< The smallest and the
  double largest = 0;               ///< largest distance of neighbours.
};

/// Chooses `count` of the pictures 0 to `pictures` - 1, in their order, with the first and the last
/// one, so that the largest distance of neighbours minus the smallest is as small as possible; of
/// equal choices one with the smaller steps. Asks for each pair's distance once. Time grows with
/// the fourth power of `pictures`, over 64 / count: 60 pictures take milliseconds, 200 seconds.
/// Throws InvalidArgument unless 2 <= count <= pictures <= 1000, and for distances that are not
/// finite.
FrameChoice choose_even_frames(std::size_t pictures,
                               std::size_t count,
                               const PairDistance& distance);

}  // namespace ptravel
