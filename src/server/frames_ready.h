#pragma once

#include <filesystem>
#include <list>
#include <mutex>
#include <string>

#include "queue/job_queue.h"

namespace ptravel {

/// Which frames of jobs are there: of one that is done all are, of one in work those that its
/// drawing told of, of others their run folder tells. What was found there is kept for a number of
/// jobs until their folder changes. Thread-safe.
class FramesReady {
 public:
  /// The frames' numbers as ranges, e.g. "0-13,26"; empty for none.
  std::string ranges(const JobQueue& queue, const JobRecord& job);

 private:
  struct Entry {
    std::string job;
    std::filesystem::file_time_type changed;
    std::string ranges;
  };

  std::mutex mutex_;          // guards everything below
  std::list<Entry> entries_;  // the one that was used last first
};

}  // namespace ptravel
