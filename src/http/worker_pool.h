#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ptravel {

/// Threads that run jobs, made when they are needed, up to a number. Thread-safe.
class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads) : most_(threads) {}
  /// Finishes what was submitted.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs `job`, which must not throw, as soon as a thread is free. Throws where there is no memory
  /// or no thread at all; it will not be run then.
  void submit(std::function<void()> job);
  /// Waits until every submitted job has ended and ends the threads. No submit afterwards.
  void finish();

 private:
  void work();

  const std::size_t most_;
  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::size_t busy_ = 0;  // threads that run a job
  bool finishing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ptravel
