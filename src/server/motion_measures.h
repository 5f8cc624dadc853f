#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "serving/json_body.h"

namespace ptravel {

/// How runs move: what a finished run's own report says, else distances of the frames that are
/// there. What was measured is kept for the runs that were asked for last; frames never change.
/// Thread-safe. One thread measures at a time; others are answered meanwhile with what is known.
class MotionMeasures {
 public:
  /// `patience`: how long one request may measure; at least one pair is measured by each that can.
  explicit MotionMeasures(std::chrono::milliseconds patience = std::chrono::seconds(1))
      : patience_(patience) {}

  /// The object of motion.json with "final": true and "pending": 0, where the run has one that is
  /// about `frames` frames. Else the same with "final": false and the distances that judge a film,
  /// whose steps are null where a frame is not there, cannot be read, or is not measured yet:
  /// "pending" says of how many that is, and the next request goes on with them. Figures and jumps
  /// are of the others.
  Json of_run(const std::filesystem::path& folder, std::int64_t frames);

 private:
  /// By the pair's first frame, in the order of motion_distances; empty: cannot be measured.
  using PairDistances = std::map<std::int64_t, std::vector<double>>;
  struct Run {
    std::string folder;
    PairDistances pairs;
  };
  PairDistances& pairs_of(const std::filesystem::path& folder);
  void keep(const std::filesystem::path& folder, std::int64_t first, std::vector<double> distances);
  PairDistances known(const std::filesystem::path& folder);
  void measure(const std::filesystem::path& folder, const std::vector<std::int64_t>& pairs);

  const std::chrono::milliseconds patience_;
  std::mutex measuring_;  // held by who measures
  std::mutex mutex_;      // guards everything below
  std::list<Run> runs_;   // the one that was asked for last first
};

}  // namespace ptravel
