#include "queue/queue_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::chrono::seconds kLookAtDisk{2};
constexpr std::chrono::milliseconds kLook{20};

Error ended() { return {ErrorCode::Cancelled, "[queue] the program ends"}; }

}  // namespace

void QueueWorker::start() {
  const std::lock_guard lock(mutex_);
  PTRAVEL_CHECK(!stopping_ && !thread_.joinable());
  thread_ = std::thread([this] { loop(); });
}

void QueueWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& waiting : std::exchange(tasks_, {})) {
      waiting->done.set_exception(std::make_exception_ptr(ended()));
    }
  }
  changed_.notify_all();
  const std::lock_guard joining(joining_);
  if (!thread_.joinable()) {
    return;
  }
  std::unique_lock lock(mutex_);
  do {  // It may be about to begin something.
    parts_.live.stop(StopReason::Shutdown);
  } while (!changed_.wait_for(lock, kLook, [this] { return ended_; }));
  lock.unlock();
  thread_.join();
}

void QueueWorker::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

std::string QueueWorker::paused() const {
  const std::lock_guard lock(mutex_);
  return paused_;
}

void QueueWorker::pause(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    paused_ = reason;
    next_look_ = std::chrono::steady_clock::now() + kLookAtDisk;
  }
  parts_.events.tell([reason](const QueueWatcher& watcher) {
    if (watcher.paused) {
      watcher.paused(reason);
    }
  });
}

void QueueWorker::resume() {
  {
    const std::lock_guard lock(mutex_);
    if (paused_.empty()) {
      return;
    }
  }
  pause("");
  wake();
}

void QueueWorker::run_task(const std::string& activity, const JobQueue::Task& task) {
  // Shared: the thread that tells of the end may come back from that after we have gone on.
  const auto waiting = std::make_shared<Waiting>();
  waiting->activity = activity;
  waiting->task = &task;
  std::future<void> done = waiting->done.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      throw ended();
    }
    tasks_.push_back(waiting);
    ++wakes_;
  }
  changed_.notify_all();
  done.get();
}

void QueueWorker::run(Waiting& waiting) {
  const auto progress = parts_.live.begin("", [](const ProgressSnapshot&) {});
  try {
    progress->begin(waiting.activity, "", 0);
    (*waiting.task)(parts_.models, *progress);
    parts_.live.end();
    waiting.done.set_value();
  } catch (...) {
    parts_.live.end();
    waiting.done.set_exception(std::current_exception());
  }
}

/// Draws a job; false: there is nothing to draw now.
bool QueueWorker::draw_next() {
  try {
    const auto end = drawing_.draw_next();
    if (end == JobEnd::DiskFull) {
      pause(disk_full_text(parts_.options.out));
    }
    return end.has_value();
  } catch (...) {
    const Error error = error_in_flight("queue");
    pause(is_disk_full(parts_.options.out) ? disk_full_text(parts_.options.out) : error.what());
    return true;
  }
}

void QueueWorker::look_at_disk() {
  if (!is_disk_full(parts_.options.out)) {
    resume();
  }
}

void QueueWorker::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const std::uint64_t seen = wakes_;
    const bool paused = !paused_.empty();
    if (!tasks_.empty()) {
      const std::shared_ptr<Waiting> waiting = tasks_.front();
      tasks_.pop_front();
      lock.unlock();
      run(*waiting);
      lock.lock();
      continue;
    }
    lock.unlock();
    const bool drew = !paused && draw_next();
    lock.lock();
    if (drew) {
      continue;
    }
    const auto woken = [&] { return stopping_ || wakes_ != seen; };
    if (!paused) {
      changed_.wait(lock, woken);
    } else if (!changed_.wait_until(lock, next_look_, woken)) {
      next_look_ = std::chrono::steady_clock::now() + kLookAtDisk;
      lock.unlock();
      look_at_disk();
      lock.lock();
    }
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace ptravel
