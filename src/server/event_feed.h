#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "http/event_hub.h"
#include "queue/job_queue.h"

namespace ptravel {

struct ServerContext;  // server/server_context.h

/// Numbers of what happened since the server began, for /metrics.
struct FeedCounts {
  std::uint64_t frames = 0;                  ///< Drawn.
  std::map<QueueState, std::uint64_t> jobs;  ///< That reached a state.
  double frame_seconds = 0;                  ///< Summed over frames.
  double last_frame_seconds = 0;
  double last_step_seconds = 0;  ///< The last frame's, by its steps.
};

/// What the queue tells, as events for listeners. A queue needs its watcher before anything else is
/// there: what comes before connect() is counted, and told to nobody. Thread-safe.
class EventFeed {
 public:
  EventFeed();

  QueueWatcher watcher();
  const std::shared_ptr<EventHub>& hub() const { return hub_; }
  /// From now on events are published. `context` must outlive the queue's threads.
  void connect(const ServerContext& context);
  /// The models folders were read again.
  void models_changed();
  FeedCounts counts() const;

 private:
  void on_job(const JobRecord& job);
  void on_progress(const std::string& id, const ProgressSnapshot& progress);
  void on_frame(const std::string& id, std::int64_t index);
  void publish(const char* name, const std::string& data, const std::string& replaces = "");

  std::shared_ptr<EventHub> hub_;
  std::atomic<const ServerContext*> context_{nullptr};
  mutable std::mutex mutex_;  // guards everything below
  FeedCounts counts_;
  std::set<std::string> live_;                       // jobs that wait or are in work
  std::map<std::string, std::int64_t> frames_done_;  // of jobs in work
  std::string timed_job_;
  int timed_steps_ = 0;
  std::chrono::steady_clock::time_point last_frame_{};
};

}  // namespace ptravel
