#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "queue/job_drawing.h"
#include "queue/queue_parts.h"

namespace ptravel {

/// The thread that has the device: tasks first, then jobs in their order. Thread-safe.
class QueueWorker {
 public:
  /// `parts` outlives it.
  explicit QueueWorker(QueueParts& parts) : parts_(parts), drawing_(parts) {}
  ~QueueWorker() { stop(); }

  void start();
  /// Asks the work at hand to stop, waits for that, and refuses tasks from now on.
  void stop();
  /// Something may have become ready to be drawn.
  void wake();
  /// Does the work in its turn and waits for its end.
  void run_task(const std::string& activity, const JobQueue::Task& task);

  std::string paused() const;
  void resume();

 private:
  struct Waiting {
    std::string activity;
    const JobQueue::Task* task = nullptr;
    std::promise<void> done;
  };
  void loop();
  void run(Waiting& waiting);
  void look_at_disk();
  bool draw_next();
  void pause(const std::string& reason);

  QueueParts& parts_;
  JobDrawing drawing_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Waiting>> tasks_;
  std::string paused_;
  std::chrono::steady_clock::time_point next_look_;  // at the disk, while it is paused
  std::uint64_t wakes_ = 0;
  bool stopping_ = false;
  bool ended_ = false;  // the loop was left
  std::thread thread_;
  std::mutex joining_;  // held by who waits for the thread's end; taken before mutex_
};

}  // namespace ptravel
