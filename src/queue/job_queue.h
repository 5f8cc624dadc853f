#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/frame_sketch.h"
#include "ptravel/image.h"
#include "ptravel/jobs.h"
#include "ptravel/model_store.h"
#include "ptravel/progress.h"
#include "queue/job_filter.h"
#include "queue/job_record.h"
#include "queue/waiting_order.h"

namespace ptravel {

/// Half of the machine's memory: room for a full-size model or two beside the work on them.
std::uint64_t usual_model_memory();

struct JobQueueOptions {
  std::filesystem::path out = "outputs";  ///< Holds queue.sqlite, prompt_travel/, uploads/.
  /// Bytes of weights that stay loaded between jobs.
  std::uint64_t model_memory = usual_model_memory();
  std::size_t longest = 10'000;  ///< Jobs that may wait.
  double trash_seconds = 600;    ///< How long a deleted job can be had back.
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

/// What the queue tells whoever watches: in the order in which it happened, one at a time, from any
/// thread that uses the queue or draws, no lock held (the watcher may call the queue). Progress
/// comes at most ten times a second, except for new activities. Each may be empty.
struct QueueWatcher {
  std::function<void(const JobRecord& job)> job;  ///< New, or its state, name or place changed.
  std::function<void(const std::string& id)> removed;  ///< Into the trash, or for good.
  std::function<void(const std::string& id, const ProgressSnapshot& progress)> progress;
  std::function<void(const std::string& id, std::int64_t index)> frame;
  std::function<void(const std::string& id, const std::string& text)> note;
  std::function<void(const LivePreview& preview)> preview;
  std::function<void(const std::string& reason)> paused;  ///< Empty: goes on.
};

/// Travels that wait, are drawn and were drawn, kept in SQLite: whatever happens to the process, no
/// accepted job and no finished frame is lost, and the queue goes on where it was. One job is drawn
/// at a time; models stay loaded between jobs. Thread-safe; nothing waits for drawing but wait()
/// and run_task().
class JobQueue {
 public:
  /// Opens or makes the database. Jobs that were in work become Interrupted and are the first to go
  /// on. Throws Io (also when another process has the output folder's queue open), Corrupt for a
  /// database that is damaged or not ours and Unsupported for one of a newer version; such a one is
  /// left as it is.
  JobQueue(JobQueueOptions options, QueueWatcher watcher);
  /// stop(), then waits for it.
  ~JobQueue();

  /// Begins to draw. Once.
  void start();
  /// Ends what is in work at the next sampler step and draws no more; waits for that. No job and no
  /// finished frame is lost: a job in work becomes Interrupted. Tasks that wait end with Cancelled.
  void stop();

  struct Submission {
    JobRecord job;
    bool is_new = true;  ///< False: a job of this id was there already; it is that one.
  };
  /// Takes a job that has been checked (validate_request) in; it is on the disk when this returns.
  /// Draws its seeds. `id` empty: one is made. `front`: goes before all that wait. Throws
  /// InvalidArgument: with a problem of field "id" (malformed), "name" (too long) or "queue"
  /// (full); without one where the id is taken by another request or was that of a job that is
  /// gone.
  Submission submit(const TravelRequest& request,
                    const std::string& id,
                    const std::string& name,
                    bool front);

  std::optional<JobRecord> find(const std::string& id) const;
  std::vector<JobRecord> list(const JobFilter& filter) const;  ///< Newest first.
  /// The first of those that wait, in the order of drawing.
  std::vector<JobRecord> waiting(std::int64_t limit = 200) const;
  /// All of them with their places; as cheap as a pointer while nothing changes.
  std::shared_ptr<const WaitingOrder> waiting_order() const;
  std::vector<std::string> waiting_ids() const;
  std::int64_t waiting_count() const;
  /// The job's number among those that wait, from 1; nothing when it does not wait.
  std::optional<std::int64_t> position(const JobRecord& job) const;
  std::optional<JobRecord> current() const;  ///< The one in work.
  /// The travel submitted before this one (JobRecord::previous), for what differs.
  std::optional<JobRecord> previous(const JobRecord& job) const;
  /// How far the work at hand is, and where its sampler is; the activity is empty when nothing is
  /// done.
  ProgressSnapshot progress() const;
  /// The newest picture of the frame in work; null where there is none.
  std::shared_ptr<const LivePreview> preview() const;
  /// Why no job is drawn (a full disk): it goes on by itself when that is over. Empty: not paused.
  std::string paused() const;
  /// Seconds that one frame took the last time for a request of this model, size and steps; nothing
  /// when not known.
  std::optional<double> seconds_per_frame(const TravelRequest& request) const;

  // Each throws NotFound for an unknown id, and InvalidArgument (without problems of fields) where
  // the state does not allow it.
  /// One that waits, or that is in work: that one stays so until its next sampler step.
  JobRecord cancel(const std::string& id);
  /// Cancelled, Failed or Interrupted: draws the rest, before all others that wait.
  JobRecord continue_job(const std::string& id);
  JobRecord move_to_front(const std::string& id);                          ///< One that waits.
  JobRecord move_before(const std::string& id, const std::string& other);  ///< Both wait.
  JobRecord rename(const std::string& id, const std::string& name);  ///< At most 200 characters.
  /// Into the trash; one in work is cancelled first. After trash_seconds it is gone for good, with
  /// its run folder.
  void remove(const std::string& id);
  JobRecord restore(const std::string& id);  ///< Out of the trash; one that waited waits again.
  /// The video of a run made again from its frames; returns the file's name in the run folder. In
  /// the calling thread. `settings.out` must be empty. Not while the job is drawn.
  std::string make_video(const std::string& id, const VideoSettings& settings, Progress& progress);
  /// Goes on after paused() at once.
  void resume();

  /// Waits until the job is over or in the trash, the queue stops, or `waiting` says no any more
  /// (asked several times a second). Throws NotFound.
  JobRecord wait(const std::string& id, const std::function<bool()>& waiting = {}) const;

  /// Work that is not kept: it gets the device in its turn, between jobs, before those that wait.
  /// Waits for its end; throws what the work throws, and Cancelled when interrupted.
  using Task = std::function<void(ModelStore& models, Progress& progress)>;
  void run_task(const std::string& activity, const Task& task);
  /// What a task gives its travels (TravelOptions::sketches) to have their frames in work as
  /// preview(). For the time of the task.
  SketchOptions sketches() const;
  /// Asks what is in work, a job or a task, to stop. False: nothing was.
  bool interrupt();

  /// The folder of a job's run. Throws NotFound when it has none yet.
  std::filesystem::path run_folder(const JobRecord& job) const;
  /// Which frames of a job are there, "0-13,26": those that its drawing told of while it is in
  /// work, else those that lie in its run folder. Throws NotFound when it has none yet.
  std::string frames(const JobRecord& job) const;
  std::filesystem::path uploads() const;
  /// The init pictures and masks that requests of jobs name, those in the trash included.
  std::vector<std::filesystem::path> init_images() const;

  /// Lets the models go that are loaded and not in use.
  void unload_models();
  std::uint64_t model_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptravel
