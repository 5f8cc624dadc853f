#include "jobs/background_sink.h"

#include <utility>

namespace ptravel {

BackgroundSink::BackgroundSink(EncodingSink& sink, std::size_t most) : sink_(sink), most_(most) {
  if (most_ > 0) {
    thread_ = std::thread([this] { run(); });
  }
}

BackgroundSink::~BackgroundSink() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
}

void BackgroundSink::take(Waiting& waiting) noexcept {
  try {
    sink_.add_encoded(waiting.frame, waiting.bytes.get());
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
}

void BackgroundSink::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) {
      return;
    }
    if (!failure_) {
      Waiting& first = waiting_.front();  // stays where it is while others are added
      lock.unlock();
      take(first);
      lock.lock();
    }
    waiting_.front().held.reset();
    waiting_.pop_front();
    changed_.notify_all();
  }
}

void BackgroundSink::add(const RenderedFrame& frame) {
  if (most_ == 0) {
    sink_.add(frame);
    return;
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || waiting_.size() < most_; });
  if (failure_) {
    std::rethrow_exception(failure_);
  }
  Waiting& added = waiting_.emplace_back(Waiting{frame, held_, {}});
  added.bytes =
      std::async(std::launch::async, [this, &added] { return sink_.encoded(added.frame); });
  changed_.notify_all();
}

void BackgroundSink::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty(); });
  if (failure_) {
    std::rethrow_exception(failure_);
  }
}

void BackgroundSink::add_file(const TravelFile& file) {
  wait();
  sink_.add_file(file);
}

void BackgroundSink::finish() {
  wait();
  sink_.finish();
}

}  // namespace ptravel
