#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "ptravel/rng_source.h"

namespace ptravel {

/// A Brownian path over an interval of times, sampled by halving intervals (Li et al., "Scalable
/// gradients for stochastic differential equations", 2020; numbers as torchsde's BrownianTree
/// gives them). The path is a function of the seed: increments do not depend on which were asked
/// for before. Times are rounded to six decimals. One thread at a time.
class BrownianTree {
 public:
  /// A path between `start` and `end` (start < end after rounding) whose values have `shape`.
  /// Throws InvalidArgument for an empty or infinite interval.
  BrownianTree(
      RngSource source, std::uint64_t seed, at::IntArrayRef shape, double start, double end);

  /// W(to) - W(from), a float CPU tensor. Times outside the interval are moved to its ends; `from`
  /// after `to` gives the negative.
  at::Tensor increment(double from, double to);

  /// The noise samplers use: the increment from one sigma to the next divided by the square root
  /// of their distance, so that it is standard normal. The sigmas must differ.
  at::Tensor noise(double sigma, double sigma_next);

 private:
  // A dyadic interval: number `key` of the 2^depth ones at its depth.
  struct Interval {
    double start;
    double end;
    std::uint64_t key;
    std::uint64_t depth;

    double middle() const;
  };
  using Id = std::pair<std::uint64_t, std::uint64_t>;  // depth, key
  struct Kept {
    Id id;
    at::Tensor increment;
  };

  at::Tensor sum(const Interval& interval, const at::Tensor& increment, double from, double to);
  // The increments of both halves.
  std::pair<at::Tensor, at::Tensor> halves(const Interval& interval, const at::Tensor& increment);
  at::Tensor normal(std::uint32_t seed) const;

  RngSource source_;
  std::uint64_t seed_;
  std::vector<std::int64_t> shape_;
  Interval root_;
  at::Tensor root_increment_;
  // Increments of left halves used last, newest first; the right ones follow by subtraction.
  std::list<Kept> kept_;
  std::map<Id, std::list<Kept>::iterator> kept_index_;
};

}  // namespace ptravel
