#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onednn_ceiling_layers.h"

namespace ptravel {

/// Seconds and floating point operations of one kind of layers.
struct Total {
  double seconds = 0;
  double flops = 0;

  double gflops_per_second() const { return seconds > 0 ? 1e-9 * flops / seconds : 0; }
};

struct Ceiling {
  Total convolutions, linears, attention;

  Total sum() const;
};

/// What was measured, for the reader.
struct Subject {
  std::string part, precision, onednn;
  std::int64_t width = 0, height = 0, images = 0;
  int threads = 0;
};

/// The network and the ceiling, one after the other, in seconds.
struct Pair {
  double ours = 0;
  double ceiling = 0;

  double ratio() const { return ours / ceiling; }
};

struct Measurement {
  std::vector<Pair> pairs;
  Ceiling best;  ///< Of the fastest runs of all pairs.

  double best_ours() const;
  double best_ratio() const { return best_ours() / best.sum().seconds; }
  /// The median of what `value` takes from each pair.
  double median(double (*value)(const Pair&)) const;
};

std::string to_text(const Subject& subject);
std::string to_text(const Pair& pair);
std::string to_text(const Measurement& measurement);
/// A line for each group of layers.
std::string to_text(const std::vector<LayerTimer>& timers);

/// One JSON object (text).
std::string to_json(const Subject& subject,
                    const Measurement& measurement,
                    const std::vector<LayerTimer>& timers);

}  // namespace ptravel
