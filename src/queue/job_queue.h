#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/image.h"
#include "ptravel/job.h"
#include "ptravel/model_store.h"
#include "ptravel/progress.h"

#include "queue/job_record.h"

namespace ptravel {

struct JobQueueOptions {
  std::filesystem::path out = "outputs";  ///< Holds queue.sqlite, prompt_travel/, uploads/.
  std::uint64_t model_memory = 0;         ///< Bytes of weights that stay loaded between jobs.
  std::size_t longest = 10'000;           ///< Jobs that may wait.
  double trash_seconds = 600;             ///< How long a deleted job can be had back.
};

/// A picture of the frame in work, made of its latent.
struct LivePreview {
  std::uint64_t number = 0;  ///< Rises with each preview of the process.
  std::string job;           ///< Empty: of a task.
  std::int64_t frame = 0;
  int step = 0;
  int steps = 0;
  Image image;
};

/// What the queue tells whoever watches. Called from the queue's threads, no lock held.
struct QueueWatcher {
  std::function<void(const JobRecord& job)> job;  ///< New, or its state, name or place changed.
  std::function<void(const std::string& id)> removed;
  std::function<void(const std::string& id, const ProgressSnapshot& progress)> progress;
  std::function<void(const std::string& id, std::int64_t index)> frame;
  std::function<void(const std::string& id, const std::string& text)> note;
  std::function<void(const LivePreview& preview)> preview;
  std::function<void(const std::string& reason)> paused;  ///< Empty: goes on.
};

/// Which jobs a list shows.
struct JobFilter {
  std::vector<QueueState> states;  ///< Empty: all.
  std::string search;              ///< In names and prompts, ignoring case; empty: all.
  std::int64_t before = 0;         ///< Only numbers below; 0: from the newest on.
  int limit = 50;                  ///< 1 to 200.
  bool trashed = false;            ///< Those in the trash instead.
};

/// Travels that wait, are drawn and were drawn, kept in SQLite: whatever happens to the process, no
/// accepted job and no finished frame is lost, and the queue goes on where it was. One job is drawn
/// at a time; models stay loaded between jobs. Thread-safe; nothing waits for drawing but wait()
/// and run_task().
class JobQueue {
 public:
  /// Opens or makes the database. Jobs that were in work become Interrupted and are the first to go
  /// on. Throws Io (also when another process has it open) and Corrupt.
  JobQueue(JobQueueOptions options, QueueWatcher watcher);
  /// stop(), then waits for it.
  ~JobQueue();

  /// Begins to draw.
  void start();
  /// Saves what is in work at the next sampler step and ends; no job is lost. Jobs in work become
  /// Interrupted.
  void stop();

  struct Submission {
    JobRecord job;
    bool is_new = true;  ///< False: a job of this id was there already; it is that one.
  };
  /// Takes a job that has been checked (validate_request) in. `id` empty: one is made. `front`:
  /// goes before all that wait. Throws InvalidArgument: malformed id, id taken by another request,
  /// queue full.
  Submission submit(const TravelRequest& request,
                    const std::string& id,
                    const std::string& name,
                    bool front);

  std::optional<JobRecord> find(const std::string& id) const;
  std::vector<JobRecord> list(const JobFilter& filter) const;  ///< Newest first.
  std::vector<JobRecord> waiting() const;                      ///< In the order of drawing.
  std::optional<JobRecord> current() const;                    ///< The one in work.
  /// The travel submitted before this one (the highest number below), for what differs.
  std::optional<JobRecord> previous(const JobRecord& job) const;
  /// How far the work at hand is; the activity is empty when nothing is done.
  ProgressSnapshot progress() const;
  std::optional<LivePreview> preview() const;
  std::string paused() const;  ///< Why nothing is drawn; empty: it is not paused.
  /// Seconds that one frame took the last time for a request of this model, size and steps; nothing
  /// when not known.
  std::optional<double> seconds_per_frame(const TravelRequest& request) const;

  // Each throws NotFound for an unknown id and InvalidArgument where the state does not allow it.
  JobRecord cancel(const std::string& id);  ///< Waiting or in work.
  JobRecord continue_job(
      const std::string& id);  ///< Cancelled, Failed or Interrupted: draws the rest.
  JobRecord move_to_front(const std::string& id);
  JobRecord move_before(const std::string& id, const std::string& other);
  JobRecord rename(const std::string& id, const std::string& name);
  void remove(const std::string& id);  ///< Into the trash; one in work is cancelled first.
  JobRecord restore(const std::string& id);
  /// The video of a run made again from its frames; returns the file's name in the run folder.
  std::string make_video(const std::string& id, const VideoSettings& settings, Progress& progress);
  /// Goes on after paused().
  void resume();

  /// Waits until the job is over or `waiting` says no any more (asked several times a second).
  JobRecord wait(const std::string& id, const std::function<bool()>& waiting = {}) const;

  /// Work that is not kept: it gets the device in its turn, between jobs, before those that wait.
  /// Waits for its end; throws what the work throws, and Cancelled when interrupted.
  using Task = std::function<void(ModelStore& models, Progress& progress)>;
  void run_task(const std::string& activity, const Task& task);
  /// Asks what is in work, a job or a task, to stop. False: nothing was.
  bool interrupt();

  /// The folder of a job's run. Throws NotFound when it has none yet.
  std::filesystem::path run_folder(const JobRecord& job) const;
  std::filesystem::path uploads() const;

  /// Lets the models go that are loaded and not in use.
  void unload_models();
  std::uint64_t model_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptravel
