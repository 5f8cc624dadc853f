#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include "server/json_body.h"

namespace ptravel {

/// Distances of neighbouring frames of runs; what was measured is kept for the runs that were asked
/// for last. Frames never change. Thread-safe; one run is measured at a time.
class MotionMeasures {
 public:
  /// One number (lab_distance) for each of the `frames` - 1 pairs; null where a frame is not there
  /// or cannot be read.
  Json distances(const std::filesystem::path& folder, std::int64_t frames);

 private:
  struct Run {
    std::string folder;
    std::map<std::int64_t, double> distances;  // by the pair's first frame
  };

  std::mutex mutex_;     // guards everything below
  std::list<Run> runs_;  // the one that was asked for last first
};

}  // namespace ptravel
