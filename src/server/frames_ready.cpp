#include "server/frames_ready.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// More than a page of jobs has.
constexpr std::size_t kMostJobs = 256;
/// A folder that changed just now may change again without getting another time.
constexpr std::chrono::seconds kSettled{2};

}  // namespace

std::string FramesReady::ranges(const JobQueue& queue, const JobRecord& job) {
  if (job.folder.empty() || job.frames_total < 1) {
    return {};
  }
  if (job.state == QueueState::Done) {
    return job.frames_total == 1 ? "0" : "0-" + std::to_string(job.frames_total - 1);
  }
  if (is_in_work(job.state)) {
    return queue.frames(job);
  }
  std::error_code error;
  const fs::file_time_type changed = fs::last_write_time(queue.run_folder(job), error);
  if (error) {
    return {};
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& each) { return each.job == job.id; });
  if (found != entries_.end() && found->changed == changed) {
    entries_.splice(entries_.begin(), entries_, found);
    return found->ranges;
  }
  if (found != entries_.end()) {
    entries_.erase(found);
  }
  std::string ranges = queue.frames(job);
  if (fs::file_time_type::clock::now() - changed > kSettled) {
    entries_.push_front({job.id, changed, ranges});
    if (entries_.size() > kMostJobs) {
      entries_.pop_back();
    }
  }
  return ranges;
}

}  // namespace ptravel
