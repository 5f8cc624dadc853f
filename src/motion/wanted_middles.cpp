#include "motion/wanted_middles.h"

#include <algorithm>

namespace ptravel {
namespace {

/// What half a step is expected to measure, as a share of it: what the steps before and after a
/// picture are of the distance across it. More than a half where pictures shimmer.
double half_of_step(const FilmChoice& drawn) {
  std::vector<double> shares;
  for (std::size_t i = 0; i + 2 < drawn.pictures; ++i) {
    const double across = drawn.distance(i, i + 2);
    if (across > 0) {
      shares.push_back((drawn.distance(i, i + 1) + drawn.distance(i + 1, i + 2)) / 2 / across);
    }
  }
  const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
  std::nth_element(shares.begin(), middle, shares.end());
  return shares.empty() ? 0.5 : std::clamp(*middle, 0.5, 1.0);
}

constexpr std::size_t kNodesTried = 24'000;

/// A picture, or the middle of the step that begins there.
struct Node {
  std::size_t picture;
  bool drawn;

  std::size_t end() const { return drawn ? picture : picture + 1; }
};

}  // namespace

std::vector<std::size_t> wanted_middles(const FilmChoice& drawn,
                                        const std::vector<bool>& halvable) {
  std::vector<Node> nodes;
  FilmChoice all;
  auto required = drawn.required.begin();
  for (std::size_t i = 0; i < drawn.pictures; ++i) {
    if (required != drawn.required.end() && *required == i) {
      all.required.push_back(nodes.size());
      ++required;
    }
    nodes.push_back({i, true});
    if (i + 1 < drawn.pictures && halvable[i]) {
      nodes.push_back({i, false});
    }
  }
  all.pictures = nodes.size();
  all.weights = drawn.weights;
  // Looking ahead at a long film is not to take longer than drawing it.
  all.sizes = std::clamp(static_cast<int>(kNodesTried / nodes.size()), 8, drawn.sizes);
  const double half = half_of_step(drawn);
  const auto distance = [&](std::size_t i, std::size_t j) {
    return i == j ? 0 : drawn.distance(i, j);
  };
  all.distance = [&](std::size_t i, std::size_t j) {
    const Node& from = nodes[i];
    const Node& to = nodes[j];
    if (from.drawn && to.drawn) {
      return drawn.distance(from.picture, to.picture);
    }
    if (from.end() >=
        to.picture) {  // Within a step, or from the middle of one to that of the next.
      return half * distance(from.picture, to.end());
    }
    return (distance(from.picture, to.picture) + distance(from.picture, to.end()) +
            distance(from.end(), to.picture) + distance(from.end(), to.end())) /
           4;
  };
  std::vector<std::size_t> wanted;
  if (const auto film = choose_film(all)) {
    for (const std::size_t node : *film) {
      if (!nodes[node].drawn) {
        wanted.push_back(nodes[node].picture);
      }
    }
  }
  return wanted;
}

}  // namespace ptravel
