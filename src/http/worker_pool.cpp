#include "http/worker_pool.h"

namespace ptravel {

WorkerPool::~WorkerPool() { finish(); }

void WorkerPool::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  if (busy_ + jobs_.size() > threads_.size() && threads_.size() < most_) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (...) {
      if (threads_.empty()) {
        jobs_.pop_back();  // whoever is told of the failure may not find it done later
        throw;
      }
      // The system gives no thread now: those that are there come to it.
    }
  }
  changed_.notify_one();
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return finishing_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      return;
    }
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    ++busy_;
    lock.unlock();
    job();
    job = nullptr;  // what it holds goes before the thread counts as free
    lock.lock();
    --busy_;
  }
}

void WorkerPool::finish() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace ptravel
