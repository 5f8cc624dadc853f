#include "ptravel/progress.h"

#include <utility>

#include "ptravel/error.h"

namespace ptravel {

void Progress::begin(std::string activity, std::string unit, double total) {
  ProgressSnapshot now;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    activity_ = std::move(activity);
    unit_ = std::move(unit);
    initial_ = 0;
    done_ = 0;
    total_ = total;
    sampling_ = {};
    start_ = Clock::now();
    now = snapshot_locked();
  }
  if (observer_) {
    observer_(now);
  }
}

void Progress::set_initial(double done) {
  std::lock_guard<std::mutex> lock(mutex_);
  initial_ = done;
  done_ = done;
  start_ = Clock::now();
}

void Progress::set_following(double units) {
  std::lock_guard<std::mutex> lock(mutex_);
  following_ = units;
}

void Progress::update(double done) { update(done, snapshot().sampling); }

void Progress::update(double done, const SamplingPlace& sampling) {
  ProgressSnapshot now;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    done_ = done;
    sampling_ = sampling;
    now = snapshot_locked();
  }
  if (observer_) {
    observer_(now);
  }
}

void Progress::enter(WorkPhase phase) {
  std::lock_guard<std::mutex> lock(mutex_);
  phase_ = phase;
}

Progress::Interlude::Interlude(Progress& progress,
                               std::string activity,
                               std::string unit,
                               double total)
    : progress_(progress), before_(progress.snapshot()) {
  {
    std::lock_guard<std::mutex> lock(progress.mutex_);
    initial_ = progress.initial_;
    following_ = std::exchange(progress.following_, 0);
  }
  progress.begin(std::move(activity), std::move(unit), total);
}

Progress::Interlude::~Interlude() {
  const std::chrono::duration<double> before(before_.seconds_elapsed);
  std::lock_guard<std::mutex> lock(progress_.mutex_);
  progress_.activity_ = std::move(before_.activity);
  progress_.unit_ = std::move(before_.unit);
  progress_.initial_ = initial_;
  progress_.following_ = following_;
  progress_.done_ = before_.done;
  progress_.total_ = before_.total;
  progress_.sampling_ = before_.sampling;
  progress_.start_ = Clock::now() - std::chrono::duration_cast<Clock::duration>(before);
}

void Progress::check_cancelled() const {
  if (cancelled()) {
    throw Error(ErrorCode::Cancelled, "stopped at the user's request");
  }
}

ProgressSnapshot Progress::snapshot() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return snapshot_locked();
}

ProgressSnapshot Progress::snapshot_locked() const {
  ProgressSnapshot result;
  result.activity = activity_;
  result.unit = unit_;
  result.done = done_;
  result.total = total_;
  result.phase = phase_;
  result.sampling = sampling_;
  result.seconds_elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double worked = done_ - initial_;
  if (worked > 0 && result.seconds_elapsed > 0) {
    result.units_per_second = worked / result.seconds_elapsed;
    if (total_ >= done_) {
      result.seconds_left = (total_ - done_ + following_) / result.units_per_second;
    }
  }
  return result;
}

}  // namespace ptravel
