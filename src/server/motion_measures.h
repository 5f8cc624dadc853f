#pragma once

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
/// Thread-safe; one run is measured at a time.
class MotionMeasures {
 public:
  /// The object of motion.json with "final": true, where the run has one that is about `frames`
  /// frames. Else the same with "final": false and the distances that judge a film, whose steps are
  /// null where a frame is not there or cannot be read; figures and jumps are of the others.
  Json of_run(const std::filesystem::path& folder, std::int64_t frames);

 private:
  /// By the pair's first frame, in the order of motion_distances.
  using PairDistances = std::map<std::int64_t, std::vector<double>>;
  struct Run {
    std::string folder;
    PairDistances pairs;
  };
  PairDistances& pairs_of(const std::filesystem::path& folder);
  /// The pairs that can be measured.
  const PairDistances& measured(const std::filesystem::path& folder, std::int64_t frames);

  std::mutex mutex_;     // guards everything below
  std::list<Run> runs_;  // the one that was asked for last first
};

}  // namespace ptravel
