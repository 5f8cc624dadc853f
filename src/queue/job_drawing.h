#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "queue/queue_parts.h"

namespace ptravel {

/// How drawing a job ended.
enum class JobEnd { Over, DiskFull };

/// Draws one job after the other: takes the first that waits into work, keeps its record true while
/// it is drawn and stores how it ended. One thread.
class JobDrawing {
 public:
  explicit JobDrawing(QueueParts& parts) : parts_(parts) {}

  /// Draws the first job that waits. Nothing: none waits. Throws what the database throws; the end
  /// of a job that could not be stored is stored the next time.
  std::optional<JobEnd> draw_next();

 private:
  /// What is known of the job in work.
  struct Run {
    std::string id;
    std::shared_ptr<Progress> progress;
    WorkPhase phase = WorkPhase::Other;
    std::string activity;
    std::chrono::steady_clock::time_point told;
    std::int64_t drawn = 0;  ///< Frames, by this process.
    double seconds = 0;      ///< That a picture of the request's own steps took; 0: not known.
    std::optional<TravelRequest> settled;
    std::vector<std::int64_t> stage_frames;
  };
  /// How a job's record ends.
  using Change = std::function<void(JobStore&, JobRecord&)>;
  std::optional<JobRecord> take();
  RunResult draw(const JobRecord& job);
  void see_progress(const ProgressSnapshot& snapshot);
  void see_speed(const ProgressSnapshot& snapshot);
  void enter(WorkPhase phase);
  void see_event(const RunEvent& event);
  void see_folder(const std::filesystem::path& folder);
  void see_first_frame(const std::filesystem::path& folder);
  void see_frame(std::int64_t index);
  void see_note(std::string text);
  void remember_seconds(JobStore& store, const TravelRequest& asked) const;
  Change end_of_success(const RunResult& result) const;
  Change end_of_failure(const Error& error, bool full) const;
  void finish(Change end);
  void store_end();

  QueueParts& parts_;
  Run run_;
  std::function<void()> unstored_;
};

/// Under what the seconds per frame of such a request are remembered.
std::string seconds_key(const TravelRequest& request);

/// Whether there is no room for a frame in `folder`: at most 64 MiB are free, or writing does not
/// go.
bool is_disk_full(const std::filesystem::path& folder);
/// A sentence that says so: where, how much is free and how much has to be.
std::string disk_full_text(const std::filesystem::path& folder);

}  // namespace ptravel
