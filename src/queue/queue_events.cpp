#include "queue/queue_events.h"

#include <utility>

namespace ptravel {

void QueueEvents::keep(std::function<void(const QueueWatcher&)> event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
}

void QueueEvents::deliver() {
  std::unique_lock lock(mutex_);
  if (delivering_) {
    return;
  }
  delivering_ = true;
  while (!events_.empty()) {
    const auto event = std::move(events_.front());
    events_.pop_front();
    lock.unlock();
    try {
      event(watcher_);
    } catch (...) {
      // Whoever watches has its own troubles; the queue goes on.
    }
    lock.lock();
  }
  delivering_ = false;
}

void QueueEvents::tell(std::function<void(const QueueWatcher&)> event) {
  keep(std::move(event));
  deliver();
}

void QueueEvents::keep_job(const JobRecord& job) {
  keep([job](const QueueWatcher& watcher) {
    if (watcher.job) {
      watcher.job(job);
    }
  });
}

void QueueEvents::keep_removed(const std::string& id) {
  keep([id](const QueueWatcher& watcher) {
    if (watcher.removed) {
      watcher.removed(id);
    }
  });
}

}  // namespace ptravel
