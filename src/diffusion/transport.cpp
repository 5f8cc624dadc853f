#include "diffusion/transport.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// In four sums, which compilers may compute side by side without changing what comes out.
double squared_distance(const double* one, const double* other, std::size_t width) {
  std::array<double, 4> sums{};
  for (std::size_t i = 0; i < width; ++i) {
    const double difference = one[i] - other[i];
    sums[i % sums.size()] += difference * difference;
  }
  return sums[0] + sums[1] + sums[2] + sums[3];
}

/// Rows are matched one after the other. Prices of rows and places keep every matched pair at the
/// least price-reduced cost, 0; a new row takes the cheapest path of reduced costs to a free place,
/// and the matched rows along that path move on.
class Assignment {
 public:
  explicit Assignment(const TransportCosts& costs)
      : costs_(costs),
        row_prices_(costs.count),
        place_prices_(costs.count),
        row_at_(costs.count, kNone) {}

  void add(std::size_t row) {
    const std::size_t free_place = search(row);
    for (std::size_t place = free_place; place != kNone;) {
      const std::size_t before = place_before_[place];
      row_at_[place] = before == kNone ? row : row_at_[before];
      place = before;
    }
  }

  std::vector<std::size_t> places() const {
    std::vector<std::size_t> places(costs_.count);
    for (std::size_t place = 0; place < costs_.count; ++place) {
      places[row_at_[place]] = place;
    }
    return places;
  }

 private:
  /// Dijkstra's search from `row`; the free place that is reached first. Prices move along.
  std::size_t search(std::size_t row) {
    const std::size_t n = costs_.count;
    place_before_.assign(n, kNone);
    std::vector<double> way(n, kInfinity);
    std::vector<bool> seen(n, false);
    std::size_t place = kNone;  // where the path has come to; none: at the new row
    do {
      const std::size_t from = place == kNone ? row : row_at_[place];
      std::size_t next = kNone;
      for (std::size_t to = 0; to < n; ++to) {
        if (seen[to]) {
          continue;
        }
        const double cost = costs_.at(from, to) - row_prices_[from] - place_prices_[to];
        if (cost < way[to]) {
          way[to] = cost;
          place_before_[to] = place;
        }
        if (next == kNone || way[to] < way[next]) {
          next = to;
        }
      }
      PTRAVEL_CHECK(next != kNone && std::isfinite(way[next]));
      move_prices(row, way[next], seen, way);
      seen[next] = true;
      place = next;
    } while (row_at_[place] != kNone);
    return place;
  }

  /// Everything the search has reached comes nearer by `step`.
  void move_prices(std::size_t row,
                   double step,
                   const std::vector<bool>& seen,
                   std::vector<double>& way) {
    row_prices_[row] += step;
    for (std::size_t place = 0; place < costs_.count; ++place) {
      if (seen[place]) {
        row_prices_[row_at_[place]] += step;
        place_prices_[place] -= step;
      } else {
        way[place] -= step;
      }
    }
  }

  const TransportCosts& costs_;
  std::vector<double> row_prices_;
  std::vector<double> place_prices_;
  std::vector<std::size_t> row_at_;  // by place
  std::vector<std::size_t>
      place_before_;  // on the path to a place: the place of the row that moves
};

/// log(sum of exp(term(i))) for i below `count`, from the largest term down.
template <typename Term>
double log_of_sum(std::size_t count, const Term& term) {
  double largest = -kInfinity;
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, term(i));
  }
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += std::exp(term(i) - largest);
  }
  return largest + std::log(sum);
}

}  // namespace

TransportCosts squared_distances(const VectorRows& from, const VectorRows& to) {
  PTRAVEL_CHECK(from.count == to.count && from.width == to.width);
  TransportCosts costs{from.count, std::vector<double>(from.count * from.count)};
  for (std::size_t row = 0; row < from.count; ++row) {
    for (std::size_t place = 0; place < to.count; ++place) {
      costs.values[row * from.count + place] =
          squared_distance(from.row(row), to.row(place), from.width);
    }
  }
  return costs;
}

std::vector<std::size_t> optimal_assignment(const TransportCosts& costs) {
  PTRAVEL_CHECK(costs.values.size() == costs.count * costs.count);
  Assignment assignment(costs);
  for (std::size_t row = 0; row < costs.count; ++row) {
    assignment.add(row);
  }
  return assignment.places();
}

std::vector<std::size_t> optimal_assignment_after_first(const TransportCosts& costs) {
  PTRAVEL_CHECK(costs.count > 0);
  TransportCosts rest{costs.count - 1, {}};
  for (std::size_t row = 1; row < costs.count; ++row) {
    for (std::size_t place = 1; place < costs.count; ++place) {
      rest.values.push_back(costs.at(row, place));
    }
  }
  std::vector<std::size_t> places = {0};
  for (const std::size_t place : optimal_assignment(rest)) {
    places.push_back(place + 1);
  }
  return places;
}

std::vector<double> sinkhorn_plan(const TransportCosts& costs, double epsilon, int iterations) {
  PTRAVEL_CHECK(epsilon > 0);
  const std::size_t n = costs.count;
  const double weight = -std::log(static_cast<double>(n));  // of each row and place, as a logarithm
  std::vector<double> rows(n);                              // dual prices over epsilon
  std::vector<double> places(n);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    for (std::size_t row = 0; row < n; ++row) {
      rows[row] = -log_of_sum(n, [&](std::size_t place) {
        return places[place] - costs.at(row, place) / epsilon + weight;
      });
    }
    for (std::size_t place = 0; place < n; ++place) {
      places[place] = -log_of_sum(
          n, [&](std::size_t row) { return rows[row] - costs.at(row, place) / epsilon + weight; });
    }
  }
  std::vector<double> plan(n * n);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t place = 0; place < n; ++place) {
      plan[row * n + place] =
          std::exp(rows[row] + places[place] - costs.at(row, place) / epsilon + 2 * weight);
    }
  }
  return plan;
}

VectorRows barycentric_map(const std::vector<double>& plan, const VectorRows& to) {
  PTRAVEL_CHECK(plan.size() == to.count * to.count);
  VectorRows result{to.count, to.width, std::vector<double>(to.values.size())};
  for (std::size_t row = 0; row < to.count; ++row) {
    const double* const shares = plan.data() + row * to.count;
    const double whole = std::accumulate(shares, shares + to.count, 0.0);
    double* const target = result.values.data() + row * to.width;
    for (std::size_t place = 0; place < to.count; ++place) {
      for (std::size_t i = 0; i < to.width; ++i) {
        target[i] += shares[place] / whole * to.row(place)[i];
      }
    }
  }
  return result;
}

}  // namespace ptravel
