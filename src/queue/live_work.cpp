#include "queue/live_work.h"

#include <utility>

namespace ptravel {

std::shared_ptr<Progress> LiveWork::begin(const std::string& job, Progress::Observer observer) {
  auto progress = std::make_shared<Progress>(std::move(observer));
  const std::lock_guard lock(mutex_);
  job_ = job;
  progress_ = progress;
  reason_ = StopReason::None;
  forget_frames();
  preview_.reset();
  return progress;
}

void LiveWork::end() {
  const std::lock_guard lock(mutex_);
  job_.clear();
  progress_.reset();
  forget_frames();
  preview_.reset();
}

void LiveWork::forget_frames() {
  frames_.reset();
  frames_text_.reset();
}

bool LiveWork::stop(StopReason reason) {
  const std::lock_guard lock(mutex_);
  return stop_now(reason);
}

bool LiveWork::stop_job(const std::string& job, StopReason reason) {
  const std::lock_guard lock(mutex_);
  return job_ == job && stop_now(reason);
}

bool LiveWork::stop_now(StopReason reason) {
  if (!progress_) {
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

void LiveWork::set_frames(FrameRanges frames) {
  const std::lock_guard lock(mutex_);
  frames_ = std::move(frames);
  frames_text_.reset();
}

void LiveWork::add_frame(std::int64_t index) {
  const std::lock_guard lock(mutex_);
  if (frames_) {
    frames_->add(index);
    frames_text_.reset();
  }
}

void LiveWork::fill_in(JobRecord& job) const {
  const std::lock_guard lock(mutex_);
  if (job_ == job.id && frames_) {
    job.frames_done = frames_->count();
  }
}

std::optional<std::string> LiveWork::frames(const std::string& job) const {
  const std::lock_guard lock(mutex_);
  if (job_ != job || !frames_) {
    return std::nullopt;
  }
  if (!frames_text_) {
    frames_text_ = frames_->text();
  }
  return frames_text_;
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
