#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ptravel/progress.h"
#include "queue/frame_ranges.h"
#include "queue/job_queue.h"

namespace ptravel {

/// Who asked the work at hand to stop.
enum class StopReason { None, User, Shutdown };

/// What is in work now, as others see it: which job, how far, its newest preview. One thread does
/// the work; everything may be called from any.
class LiveWork {
 public:
  /// Work begins, of a job or (empty) of a task. The observer is told of its progress.
  std::shared_ptr<Progress> begin(const std::string& job, Progress::Observer observer);
  void end();

  /// Asks the work to stop: that of `job`, or whatever it is. False: it is not that.
  bool stop(StopReason reason);
  bool stop_job(const std::string& job, StopReason reason);
  StopReason stop_reason() const;

  bool busy() const;
  /// The id of the job in work; empty: a task, or nothing.
  std::string job() const;
  ProgressSnapshot progress() const;

  /// Frames that are there: once the run folder is known, and one after the other.
  void set_frames(FrameRanges frames);
  void add_frame(std::int64_t index);
  /// Puts their number into a record of the job in work.
  void fill_in(JobRecord& job) const;
  /// Their ranges, "0-13,26"; nothing where `job` is not in work or they are not known yet.
  std::optional<std::string> frames(const std::string& job) const;

  std::shared_ptr<const LivePreview> add_preview(const FrameSketch& sketch);
  std::shared_ptr<const LivePreview> preview() const;  ///< Null: there is none.

 private:
  bool stop_now(StopReason reason);
  void forget_frames();

  mutable std::mutex mutex_;  // guards everything below
  std::string job_;
  std::shared_ptr<Progress> progress_;  // null: nothing is in work
  StopReason reason_ = StopReason::None;
  std::optional<FrameRanges> frames_;               // nothing: not known yet
  mutable std::optional<std::string> frames_text_;  // of frames_, made when it is asked for
  std::shared_ptr<const LivePreview> preview_;
  std::uint64_t previews_ = 0;
};

}  // namespace ptravel
