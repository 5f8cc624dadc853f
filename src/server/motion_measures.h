#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include "server/json_body.h"

namespace ptravel {

/// How runs move: what a finished run's own report says, else distances of the frames that are
/// there. What was measured is kept for the runs that were asked for last; frames never change.
/// Thread-safe; one run is measured at a time.
class MotionMeasures {
 public:
  /// The object of motion.json with "final": true, where the run has one that is about `frames`
  /// frames. Else the same with "final": false and one distance, `lab_64` (lab_distance), whose
  /// steps are null where a frame is not there or cannot be read; figures and jumps are of the
  /// others.
  Json of_run(const std::filesystem::path& folder, std::int64_t frames);

 private:
  struct Run {
    std::string folder;
    std::map<std::int64_t, double> distances;  // by the pair's first frame
  };
  /// For each pair its distance or null.
  Json steps(const std::filesystem::path& folder, std::int64_t frames);

  std::mutex mutex_;     // guards everything below
  std::list<Run> runs_;  // the one that was asked for last first
};

}  // namespace ptravel
