#include "diffusion/brownian.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/rng.h"
#include "tensor/seed_sequence.h"

namespace ptravel {
namespace {

constexpr std::size_t kPoolSize = 24;
// A path from the root to the finest interval has about 24 halvings, and a step needs two paths.
constexpr std::size_t kMostKept = 64;

// To six decimals as Python rounds: by the exact decimal value, so that neither 0.5e-6 nor its
// neighbours go astray. The text of a double below 1e300 fits.
double round_time(double time) {
  char text[320];
  const auto end = std::to_chars(text, text + sizeof text, time, std::chars_format::fixed, 6).ptr;
  double rounded = 0;
  std::from_chars(text, end, rounded);
  return rounded;
}

bool is_interval(double start, double end) {
  constexpr double kLargest = 1e9;  // Beyond, six decimals exceed a double's precision.
  return start >= -kLargest && end <= kLargest && round_time(start) < round_time(end);
}

}  // namespace

double BrownianTree::Interval::middle() const { return round_time(0.5 * (start + end)); }

BrownianTree::BrownianTree(
    RngSource source, std::uint64_t seed, at::IntArrayRef shape, double start, double end)
    : source_(source), seed_(seed), shape_(shape.vec()), root_{start, end, 0, 0} {
  if (!is_interval(start, end)) {
    throw Error(ErrorCode::InvalidArgument, "[brownian] times: expected start < end, got " +
                                                std::to_string(start) + " and " +
                                                std::to_string(end));
  }
  root_.start = round_time(start);
  root_.end = round_time(end);
  const std::uint32_t root_seed = seed_sequence(seed_words(seed_), {}, kPoolSize, 1).front();
  root_increment_ = normal(root_seed) * std::sqrt(root_.end - root_.start);
}

at::Tensor BrownianTree::normal(std::uint32_t seed) const {
  return Rng(source_, seed).randn(shape_);
}

std::pair<at::Tensor, at::Tensor> BrownianTree::halves(const Interval& interval,
                                                       const at::Tensor& increment) {
  const Id id{interval.depth, interval.key};
  const auto found = kept_index_.find(id);
  if (found != kept_index_.end()) {
    kept_.splice(kept_.begin(), kept_, found->second);
    return {kept_.front().increment, increment - kept_.front().increment};
  }
  const std::uint64_t path[] = {interval.key, interval.depth};
  const std::uint32_t seed = seed_sequence(seed_words(seed_), path, kPoolSize, 1).front();
  const double length = interval.end - interval.start;
  const double before = interval.middle() - interval.start;
  const double after = interval.end - interval.middle();
  // The Brownian bridge at the middle.
  const at::Tensor left =
      increment * (before / length) + normal(seed) * std::sqrt(before * after / length);
  kept_.push_front({id, left});
  kept_index_[id] = kept_.begin();
  if (kept_.size() > kMostKept) {
    kept_index_.erase(kept_.back().id);
    kept_.pop_back();
  }
  return {left, increment - left};
}

at::Tensor BrownianTree::sum(const Interval& interval,
                             const at::Tensor& increment,
                             double from,
                             double to) {
  if (from <= interval.start && to >= interval.end) {
    return increment;
  }
  const double middle = interval.middle();
  const Interval left{interval.start, middle, 2 * interval.key, interval.depth + 1};
  const Interval right{middle, interval.end, 2 * interval.key + 1, interval.depth + 1};
  const auto [left_increment, right_increment] = halves(interval, increment);
  if (to <= middle) {
    return sum(left, left_increment, from, to);
  }
  if (from >= middle) {
    return sum(right, right_increment, from, to);
  }
  return sum(left, left_increment, from, middle) + sum(right, right_increment, middle, to);
}

at::Tensor BrownianTree::increment(double from, double to) {
  if (from > to) {
    return increment(to, from).neg();
  }
  const double inside_from = round_time(std::clamp(from, root_.start, root_.end));
  const double inside_to = round_time(std::clamp(to, root_.start, root_.end));
  if (inside_from == inside_to) {
    return at::zeros(shape_, root_increment_.options());
  }
  return sum(root_, root_increment_, inside_from, inside_to);
}

at::Tensor BrownianTree::noise(double sigma, double sigma_next) {
  return increment(sigma, sigma_next) / std::sqrt(std::abs(sigma_next - sigma));
}

}  // namespace ptravel
