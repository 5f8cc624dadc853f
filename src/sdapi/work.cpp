#include "sdapi/work.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "sdapi/local_time.h"

namespace ptravel {
namespace {

constexpr std::size_t kCompletedKept = 100;

/// Of a clock that never goes back.
double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void remove_first(std::list<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) {
    names.erase(found);
  }
}

}  // namespace

SdWork::Ticket::Ticket(SdWork& work, std::string task) : work_(work), task_(std::move(task)) {
  const std::lock_guard lock(work_.mutex_);
  if (task_.empty()) {
    task_ = "task(api-" + std::to_string(++work_.tasks_made_) + ")";
  }
  work_.pending_.push_back(task_);
}

SdWork::Ticket::~Ticket() {
  const std::lock_guard lock(work_.mutex_);
  remove_first(work_.pending_, task_);
  work_.jobs_.erase(task_);
  work_.completed_.push_back(task_);
  if (work_.completed_.size() > kCompletedKept) {
    work_.completed_.pop_front();
  }
}

void SdWork::Ticket::set_job(const std::string& id) {
  const std::lock_guard lock(work_.mutex_);
  work_.jobs_[task_] = id;
}

std::string SdWork::job_of(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(task);
  return found == jobs_.end() ? std::string() : found->second;
}

void SdWork::forget_flags() {
  const std::lock_guard lock(mutex_);
  view_.skipped = false;
  view_.interrupted = false;
}

SdWork::View SdWork::view() const {
  const std::lock_guard lock(mutex_);
  View view = view_;
  view.elapsed = view.job_count > 0 ? steady_seconds() - started_ : 0;
  return view;
}

std::vector<std::string> SdWork::pending() const {
  const std::lock_guard lock(mutex_);
  return {pending_.begin(), pending_.end()};
}

bool SdWork::is_completed(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  return std::find(completed_.begin(), completed_.end(), task) != completed_.end();
}

void SdWork::begin(const View& beginning) {
  const std::lock_guard lock(mutex_);
  remove_first(pending_, beginning.task);
  view_ = beginning;
  view_.timestamp = local_time_text(std::time(nullptr), kSdTimestamp);
  started_ = steady_seconds();
}

void SdWork::begin_batch(int job_no, Progress* progress) {
  const std::lock_guard lock(mutex_);
  view_.job_no = job_no;
  view_.sampling_step = 0;
  view_.skipped = false;
  progress_ = progress;
  if (view_.job_count > 1) {
    view_.job =
        "Batch " + std::to_string(job_no + 1) + " out of " + std::to_string(view_.job_count);
  }
}

void SdWork::end_batch() {
  const std::lock_guard lock(mutex_);
  progress_ = nullptr;
}

void SdWork::set_sampling(const SamplingPlace& place) {
  const std::lock_guard lock(mutex_);
  view_.sampling_step = place.step;
  view_.sampling_steps = place.steps;
}

void SdWork::end() {
  const std::lock_guard lock(mutex_);
  progress_ = nullptr;
  view_.job.clear();
  view_.task.clear();
  view_.job_count = 0;
  view_.job_no = 0;
  view_.sampling_step = 0;
  view_.sampling_steps = 0;
}

void SdWork::skip() {
  const std::lock_guard lock(mutex_);
  view_.skipped = true;
  if (progress_ != nullptr) {
    progress_->cancel();
  }
}

void SdWork::interrupt() {
  const std::lock_guard lock(mutex_);
  view_.interrupted = true;
  if (progress_ != nullptr) {
    progress_->cancel();
  }
}

}  // namespace ptravel
