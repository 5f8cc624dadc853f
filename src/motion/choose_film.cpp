// Films are paths in a graph whose nodes are pictures. Edges are those pairs that could be
// neighbours: pairs much further apart than a step of the film are not looked at, so that long
// films stay cheap. Where no film is left then, all pairs are.

#include "motion/choose_film.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "motion/evenness.h"

namespace ptravel {
namespace {

constexpr double kSmallest = 0.15;  // in mean steps of the way along all pictures
constexpr double kLargest = 1.3;
constexpr double kTooFar = 4;  // steps: no neighbours
constexpr int kTooFarInARow = 3;

struct Edge {
  std::size_t from;
  double distance;
};

class Chooser {
 public:
  /// Leaves out pairs that are further apart than `too_far` steps.
  Chooser(const FilmChoice& choice, double too_far)
      : choice_(choice), steps_(choice.weights.size()) {
    into_.resize(choice.pictures);
    std::vector<double> neighbours;
    for (std::size_t i = 0; i + 1 < choice.pictures; ++i) {
      neighbours.push_back(choice.distance(i, i + 1));
    }
    mean_step_ =
        std::accumulate(neighbours.begin(), neighbours.end(), 0.0) / static_cast<double>(steps_);
    auto required = choice.required.begin();
    for (std::size_t i = 0; i + 1 < choice.pictures; ++i) {
      while (required != choice.required.end() && *required <= i) {
        ++required;
      }
      const std::size_t end = required == choice.required.end() ? choice.pictures - 1 : *required;
      int far = 0;
      for (std::size_t j = i + 1; j <= end && far < kTooFarInARow; ++j) {
        const double distance = j == i + 1 ? neighbours[i] : choice.distance(i, j);
        far = distance > too_far * mean_step_ ? far + 1 : 0;
        into_[j].push_back({i, distance});
      }
    }
  }

  std::optional<std::vector<std::size_t>> choose() {
    std::optional<std::vector<std::size_t>> best;
    double best_score = std::numeric_limits<double>::infinity();
    for (int i = 0; i < choice_.sizes; ++i) {
      const double size =
          mean_step_ * kSmallest *
          std::pow(kLargest / kSmallest, static_cast<double>(i) / (choice_.sizes - 1));
      auto film = film_of(size);
      const double score = film ? score_of(*film) : std::numeric_limits<double>::infinity();
      if (film && (!best || score < best_score)) {
        best = std::move(film);
        best_score = score;
      }
    }
    return best;
  }

 private:
  /// The best film whose steps are to be `size` times their weights.
  std::optional<std::vector<std::size_t>> film_of(double size) {
    const std::size_t pictures = choice_.pictures;
    constexpr double kNone = std::numeric_limits<double>::infinity();
    cost_.assign((steps_ + 1) * pictures, kNone);
    from_.assign((steps_ + 1) * pictures, 0);
    cost_[0] = 0;
    for (std::size_t step = 1; step <= steps_; ++step) {
      const double wanted = size * choice_.weights[step - 1];
      const double* before = cost_.data() + (step - 1) * pictures;
      // Every step goes on by at least one picture, and enough must be left for the steps to come.
      for (std::size_t j = step; j + (steps_ - step) < pictures; ++j) {
        double best = kNone;
        for (const Edge& edge : into_[j]) {
          if (before[edge.from] == kNone) {
            continue;
          }
          const double off = wanted > 0 ? edge.distance / wanted - 1 : 0;
          const double cost = before[edge.from] + off * off * off * off;
          if (cost < best) {
            best = cost;
            from_[step * pictures + j] = static_cast<std::uint32_t>(edge.from);
          }
        }
        cost_[step * pictures + j] = best;
      }
    }
    if (cost_.back() == kNone) {
      return std::nullopt;
    }
    std::vector<std::size_t> film = {pictures - 1};
    for (std::size_t step = steps_; step > 0; --step) {
      film.push_back(from_[step * pictures + film.back()]);
    }
    std::reverse(film.begin(), film.end());
    return film;
  }

  double score_of(const std::vector<std::size_t>& film) const {
    std::vector<double> steps;
    for (std::size_t i = 1; i < film.size(); ++i) {
      const std::vector<Edge>& edges = into_[film[i]];
      const auto edge = std::find_if(edges.begin(), edges.end(),
                                     [&](const Edge& e) { return e.from == film[i - 1]; });
      steps.push_back(edge->distance / choice_.weights[i - 1]);
    }
    const Evenness evenness = evenness_of(steps);
    return evenness.largest_over_median * (1 + evenness.gini);
  }

  const FilmChoice& choice_;
  std::size_t steps_;
  double mean_step_ = 0;  // of the way along all pictures, if the film went all of it
  std::vector<std::vector<Edge>> into_;
  std::vector<double> cost_;         // [step][picture]
  std::vector<std::uint32_t> from_;  // [step][picture]
};

}  // namespace

std::optional<std::vector<std::size_t>> choose_film(const FilmChoice& choice) {
  if (choice.pictures < choice.weights.size() + 1) {
    return std::nullopt;
  }
  auto film = Chooser(choice, kTooFar).choose();
  return film ? film : Chooser(choice, std::numeric_limits<double>::infinity()).choose();
}

}  // namespace ptravel
