#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "farm/nats_client.h"
#include "farm/nats_messages.h"
#include "farm/work_lease.h"
#include "ptravel/progress.h"

namespace ptravel {

/// While it lives, the server hears that a piece of work is being drawn (WorkLease), and the work
/// is stopped when the user asks for that or the run is gone.
class WorkKeeper {
 public:
  /// `outer`: of the worker; shows what takes time beside drawing, and is asked whether to stop.
  /// All outlive it.
  WorkKeeper(NatsClient& client, const Announcement& run, NatsMessage& message, Progress& outer);
  ~WorkKeeper() { stop(); }
  WorkKeeper(const WorkKeeper&) = delete;
  WorkKeeper& operator=(const WorkKeeper&) = delete;

  /// What the work reports to.
  Progress& progress() { return work_; }
  /// From then on the message is the caller's alone.
  void stop();
  bool run_is_gone() const { return gone_.load(); }

 private:
  void show(const ProgressSnapshot& snapshot);
  void keep();
  void look_at_run();

  NatsClient& client_;
  const Announcement& run_;
  NatsMessage& message_;
  Progress& outer_;
  WorkLease lease_;                          // of the thread
  std::atomic<std::int64_t> progressed_{0};  // milliseconds; 0: nothing new
  std::string shown_;                        // of the working thread
  Progress work_;
  std::atomic<bool> gone_{false};
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace ptravel
