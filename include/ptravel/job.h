#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/progress.h"

namespace ptravel {

// What interfaces tell programs, one JSON object each, on one line. Every event has its name in
// "event"; docs/run-folder.md lists them.
std::string to_json(const ProgressSnapshot& snapshot);  ///< "progress"
std::string to_json(const RunEvent& event);             ///< "note", "folder", "frame", ...
std::string to_json(const Error& error);                ///< "error"
/// An event of this name with these texts: "done" with what was made.
std::string event_json(const std::string& event,
                       const std::vector<std::pair<std::string, std::string>>& fields);

/// Waiting until run() begins, then Running, and one of the others for good.
enum class JobState { Waiting, Running, Finished, Stopped, Failed };

/// Who watches a job. Progress is told from the thread that runs the work, events one at a time
/// from that thread or from one that writes frames beside it.
struct JobObservers {
  Progress::Observer progress;
  RunEventSink event;
};

/// One piece of long work as interfaces see it: what it is called, how it stands, how far it is,
/// how to stop it, and what went wrong. run() is for one thread, everything else for any.
class Job {
 public:
  using Work = std::function<void(Progress& progress, const RunEventSink& events)>;
  explicit Job(std::string id, JobObservers observers = {});

  /// Does the work, once. Never throws: what the work throws is error() afterwards.
  /// Error(Cancelled) makes the job Stopped.
  void run(const Work& work);
  /// Asks the work to stop; a job that waits stops as soon as it begins. Safe in a signal handler.
  void cancel() noexcept { progress_.cancel(); }

  const std::string& id() const { return id_; }
  JobState state() const;
  Progress& progress() { return progress_; }
  std::optional<Error> error() const;
  /// The run folder, once the work has told of it.
  std::optional<std::filesystem::path> folder() const;
  /// Whether resuming the folder can succeed as things stand: the work was stopped, or failed for a
  /// reason that lies in the machine and not in the request or the files.
  bool can_go_on() const;
  /// {"id", "state", "folder", "progress", "error"}; folder and error may be null.
  std::string to_json() const;

 private:
  std::string id_;
  JobObservers observers_;
  Progress progress_;
  mutable std::mutex mutex_;  // guards everything below
  JobState state_ = JobState::Waiting;
  std::optional<Error> error_;
  std::optional<std::filesystem::path> folder_;
};

}  // namespace ptravel
