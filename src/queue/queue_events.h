#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "queue/job_queue.h"

namespace ptravel {

/// Hands what happens to the watcher: in the order in which it happened, one at a time, no lock of
/// the queue held. Whoever finds a delivery going on leaves its event to that thread. Thread-safe.
class QueueEvents {
 public:
  explicit QueueEvents(QueueWatcher watcher) : watcher_(std::move(watcher)) {}

  /// Remembers an event; keep() is for those who hold locks, deliver() comes after.
  void keep(std::function<void(const QueueWatcher&)> event);
  void deliver();
  /// keep() and deliver().
  void tell(std::function<void(const QueueWatcher&)> event);

  void keep_job(const JobRecord& job);
  void keep_removed(const std::string& id);

 private:
  QueueWatcher watcher_;
  std::mutex mutex_;  // guards everything below
  bool delivering_ = false;
  std::deque<std::function<void(const QueueWatcher&)>> events_;
};

}  // namespace ptravel
