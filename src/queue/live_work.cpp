#include "queue/live_work.h"

#include <utility>

namespace ptravel {

std::shared_ptr<Progress> LiveWork::begin(const std::string& job, Progress::Observer observer) {
  auto progress = std::make_shared<Progress>(std::move(observer));
  const std::lock_guard lock(mutex_);
  job_ = job;
  progress_ = progress;
  reason_ = StopReason::None;
  frames_.clear();
  preview_.reset();
  return progress;
}

void LiveWork::end() {
  const std::lock_guard lock(mutex_);
  job_.clear();
  progress_.reset();
  frames_.clear();
  preview_.reset();
}

bool LiveWork::stop(StopReason reason) {
  const std::lock_guard lock(mutex_);
  if (!progress_) {
    return false;
  }
  reason_ = reason_ == StopReason::None ? reason : reason_;
  progress_->cancel();
  return true;
}

bool LiveWork::stop_job(const std::string& job, StopReason reason) {
  const std::lock_guard lock(mutex_);
  if (!progress_ || job_ != job) {
    return false;
  }
  reason_ = reason_ == StopReason::None ? reason : reason_;
  progress_->cancel();
  return true;
}

StopReason LiveWork::stop_reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

bool LiveWork::busy() const {
  const std::lock_guard lock(mutex_);
  return progress_ != nullptr;
}

std::string LiveWork::job() const {
  const std::lock_guard lock(mutex_);
  return job_;
}

ProgressSnapshot LiveWork::progress() const {
  std::shared_ptr<Progress> progress;
  {
    const std::lock_guard lock(mutex_);
    progress = progress_;
  }
  return progress ? progress->snapshot() : ProgressSnapshot{};
}

void LiveWork::set_frames(std::set<std::int64_t> frames) {
  const std::lock_guard lock(mutex_);
  frames_ = std::move(frames);
}

std::int64_t LiveWork::add_frame(std::int64_t index) {
  const std::lock_guard lock(mutex_);
  frames_.insert(index);
  return static_cast<std::int64_t>(frames_.size());
}

void LiveWork::fill_in(JobRecord& job) const {
  const std::lock_guard lock(mutex_);
  if (progress_ && job_ == job.id && !job.folder.empty()) {
    job.frames_done = static_cast<std::int64_t>(frames_.size());
  }
}

std::shared_ptr<const LivePreview> LiveWork::add_preview(const FrameSketch& sketch) {
  auto made = std::make_shared<LivePreview>();
  LivePreview& preview = *made;
  preview.frame = sketch.place.frame;
  preview.step = sketch.place.step;
  preview.steps = sketch.place.steps;
  preview.image = sketch.image;
  const std::lock_guard lock(mutex_);
  preview.number = ++previews_;
  preview.job = job_;
  preview_ = std::move(made);
  return preview_;
}

std::shared_ptr<const LivePreview> LiveWork::preview() const {
  const std::lock_guard lock(mutex_);
  return preview_;
}

}  // namespace ptravel
