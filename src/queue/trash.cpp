#include "queue/trash.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ptravel/error.h"

namespace ptravel {

void Trash::start() {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable() && !stopping_) {
    thread_ = std::thread([this] { loop(); });
  }
}

void Trash::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  const std::lock_guard joining(joining_);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Trash::loop() {
  const auto look =
      std::chrono::duration<double>(std::clamp(parts_.options.trash_seconds / 10, 0.05, 10.0));
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    try {
      remove_old();
    } catch (const std::exception&) {
      // The disk or the database refuses: tried again, nothing is lost meanwhile.
    }
    lock.lock();
    changed_.wait_for(lock, look, [this] { return stopping_; });
  }
}

void Trash::remove_old() {
  const double before = seconds_now() - parts_.options.trash_seconds;
  for (const std::string& id :
       parts_.store.read([&](JobStore& store) { return store.trashed_before(before); })) {
    if (forget(id)) {
      parts_.events.keep_removed(id);
      parts_.events.deliver();
    }
  }
  for (const std::string& id : parts_.folders.put_away_ids()) {
    if (!parts_.store.read([&](JobStore& store) { return store.find(id); })) {
      parts_.folders.remove(id);
    }
  }
}

/// Puts the job's folder away and forgets the job, unless somebody works with it or took it out of
/// the trash meanwhile.
bool Trash::forget(const std::string& id) {
  return parts_.store.write([&](JobStore& store) {
    const std::optional<JobRecord> job = store.find(id);
    if (!job || job->trashed == 0 || is_in_work(job->state) || is_held(id) ||
        parts_.folders.is_worked_on(job->folder)) {
      return false;
    }
    if (!job->folder.empty()) {
      parts_.folders.put_away(job->folder, id);
    }
    store.erase(id);
    return true;
  });
}

bool Trash::is_held(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return held_.contains(id);
}

Trash::Hold::Hold(Trash& trash, std::string id) : trash_(trash), id_(std::move(id)) {
  const std::lock_guard lock(trash_.mutex_);
  trash_.held_.insert(id_);
}

Trash::Hold::~Hold() {
  const std::lock_guard lock(trash_.mutex_);
  trash_.held_.erase(trash_.held_.find(id_));
}

}  // namespace ptravel
