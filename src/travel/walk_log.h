#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptravel/request.h"

namespace ptravel {

/// One step of mode replace with prompt tokens.
struct SwapRecord {
  std::int64_t step = 0;      ///< Number of the in-between, from 1.
  std::string words;          ///< The words before the step.
  std::string ordered_words;  ///< The words by ascending distance or gradient.
  bool by_gradient = false;
};

/// One iteration of mode grad. Means over all numbers, and over the pairs of a schedule.
struct GradRecord {
  std::int64_t step = 0;
  std::int64_t iteration = 0;  ///< From 1.
  std::int64_t t = 0;          ///< The timestep that was drawn.
  double loss_latent = 0;      ///< Mean latent loss.
  double loss_cond = 0;        ///< Mean distance to the target before the step.
  double grad_mean = 0;        ///< Mean and largest size of the weighted gradient.
  double grad_max = 0;
  double from = 0;   ///< Mean distance to the stage that was left, after the step.
  double to = 0;     ///< Mean distance to the target, after the step.
  double total = 0;  ///< Mean distance between the two stages.
};

/// What the walks of a travel tell, kept by gap, so that a resumed run writes the same files as one
/// that was never interrupted.
class WalkLog {
 public:
  /// Forgets a gap: its walk begins (again).
  void begin(std::int64_t gap);
  void add(std::int64_t gap, const SwapRecord& record);
  void add(std::int64_t gap, const GradRecord& record);

  /// Called with the lines of every record that is added.
  void listen(std::function<void(const std::string& lines)> listener) {
    listener_ = std::move(listener);
  }

  /// The last step of a gap that is told; 0 when none is.
  std::int64_t last_step(std::int64_t gap) const;
  /// Whether the log tells all of a gap: its `steps` in-betweens, or a walk of mode grad up to
  /// where it came within `tolerance` of its target.
  bool is_complete(std::int64_t gap, std::int64_t steps, double tolerance) const;
  /// Forgets every gap that `keep` does not name.
  void keep_gaps(const std::function<bool(std::int64_t gap)>& keep);
  /// Takes the gaps of another log that `wanted` names, in place of its own.
  void take(const WalkLog& other, const std::function<bool(std::int64_t gap)>& wanted);
  bool empty() const { return swaps_.empty() && grads_.empty(); }
  bool has_losses() const { return !grads_.empty(); }
  const std::map<std::int64_t, std::vector<GradRecord>>& grads() const { return grads_; }

  /// log.txt as the first version wrote it. `first_words`: the words of stage 0.
  std::string text(const TravelRequest& request, const std::string& first_words) const;
  /// The grad records as comma-separated values with a header line.
  std::string csv() const;

  /// All records as JSON, and back. `restore` throws Corrupt for anything else.
  std::string to_json() const;
  void restore(std::string_view json);

 private:
  std::map<std::int64_t, std::vector<SwapRecord>> swaps_;
  std::map<std::int64_t, std::vector<GradRecord>> grads_;
  std::function<void(const std::string&)> listener_;
};

/// One record's lines in log.txt.
std::string log_lines(const SwapRecord& record);
std::string log_lines(const GradRecord& record);

}  // namespace ptravel
