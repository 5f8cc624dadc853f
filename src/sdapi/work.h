#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ptravel/progress.h"

namespace ptravel {

/// What the web UI's API tells of the request that is being drawn, and how it is stopped. Requests
/// wait for their turn in the queue; at most one is in work. Thread-safe.
class SdWork {
 public:
  /// A request from its arrival to its answer.
  class Ticket {
   public:
    /// `task`: the client's name for it (force_task_id), or empty: one is made.
    Ticket(SdWork& work, std::string task);
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    const std::string& task() const { return task_; }
    /// The request is drawn as this job of the queue.
    void set_job(const std::string& id);

   private:
    SdWork& work_;
    std::string task_;
  };

  /// As GET /progress shows it.
  struct View {
    bool skipped = false;
    bool interrupted = false;
    std::string job;
    std::string task;
    std::string timestamp = "0";  ///< YYYYMMDDhhmmss of the beginning.
    int job_count = 0;            ///< 0: nothing is in work.
    int job_no = 0;
    int sampling_step = 0;
    int sampling_steps = 0;
    double elapsed = 0;  ///< Seconds since the request's turn came.
  };
  View view() const;
  /// Names of the requests that wait for their turn, in the order of arrival.
  std::vector<std::string> pending() const;
  bool is_completed(const std::string& task) const;
  /// The job in the queue that a waiting request is drawn as; empty: it has none.
  std::string job_of(const std::string& task) const;
  /// Flags of the request before are gone: a job of the queue begins.
  void forget_flags();

  /// A request's turn has come: flags of the one before are gone. `beginning` says what there is to
  /// tell: task, job, job_count, sampling_steps.
  void begin(const View& beginning);
  /// Batch `job_no` is drawn now and reports to `progress`, which skip() and interrupt() cancel.
  void begin_batch(int job_no, Progress* progress);
  void end_batch();
  void set_sampling(const SamplingPlace& place);
  void end();

  void skip();
  /// Flags stay until the next request begins, also when nothing is in work, as in the original.
  void interrupt();

 private:
  mutable std::mutex mutex_;  // guards everything below
  View view_;
  double started_ = 0;
  Progress* progress_ = nullptr;
  std::list<std::string> pending_;
  std::map<std::string, std::string> jobs_;  // by task
  std::list<std::string> completed_;
  std::uint64_t tasks_made_ = 0;
};

}  // namespace ptravel
