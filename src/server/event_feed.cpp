#include "server/event_feed.h"

#include <algorithm>

#include "server/api_error.h"
#include "server/job_json.h"
#include "server/job_text.h"

namespace ptravel {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

EventFeed::EventFeed()
    : hub_(std::make_shared<EventHub>([this] {
        const ServerContext* context = context_.load();
        return context == nullptr ? std::string("{}") : snapshot_text(*context);
      })) {}

void EventFeed::connect(const ServerContext& context) { context_.store(&context); }

void EventFeed::publish(const char* name, const std::string& data, const std::string& replaces) {
  if (context_.load() != nullptr) {
    hub_->publish(name, data, replaces);
  }
}

QueueWatcher EventFeed::watcher() {
  QueueWatcher watcher;
  watcher.job = [this](const JobRecord& job) { on_job(job); };
  watcher.removed = [this](const std::string& id) { publish("removed", json_text({{"id", id}})); };
  watcher.progress = [this](const std::string& id, const ProgressSnapshot& progress) {
    on_progress(id, progress);
  };
  watcher.frame = [this](const std::string& id, std::int64_t index) { on_frame(id, index); };
  watcher.note = [this](const std::string& id, const std::string& text) {
    publish("note", json_text({{"id", id}, {"text", without_folders(text)}}));
  };
  watcher.preview = [this](const LivePreview& preview) {
    publish("preview",
            json_text({{"number", preview.number},
                       {"id", preview.job},
                       {"frame", preview.frame >= 0 ? Json(preview.frame) : Json(nullptr)},
                       {"step", preview.step},
                       {"steps", preview.steps}}),
            "preview");
  };
  watcher.paused = [this](const std::string& reason) {
    publish("paused", json_text({{"reason", without_folders(reason)}}));
  };
  return watcher;
}

void EventFeed::on_job(const JobRecord& job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_over(job.state)) {
      // Told again when it is renamed, deleted or gets another video.
      counts_.jobs[job.state] += live_.erase(job.id);
      frames_done_.erase(job.id);
    } else {
      live_.insert(job.id);
    }
    if (job.state == QueueState::Drawing) {
      frames_done_[job.id] = std::max(frames_done_[job.id], job.frames_done);
      if (timed_job_ != job.id) {
        timed_job_ = job.id;
        timed_steps_ = job.request.steps;
        last_frame_ = Clock::now();
      }
    }
  }
  if (const ServerContext* context = context_.load()) {
    publish("job", job_text(*context, job));
  }
}

void EventFeed::on_progress(const std::string& id, const ProgressSnapshot& progress) {
  Json data = {{"id", id}};
  data.update(progress_json(progress));
  const SamplingPlace& place = progress.sampling;
  const bool sampling = place.frame >= 0;
  data["frame"] = sampling ? Json(place.frame) : Json(nullptr);
  data["step"] = sampling ? Json(place.step) : Json(nullptr);
  data["steps"] = sampling ? Json(place.steps) : Json(nullptr);
  publish("progress", json_text(data), "progress " + id);
}

void EventFeed::on_frame(const std::string& id, std::int64_t index) {
  std::int64_t done = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto now = Clock::now();
    ++counts_.frames;
    done = ++frames_done_[id];
    if (timed_job_ == id) {
      counts_.last_frame_seconds = std::chrono::duration<double>(now - last_frame_).count();
      counts_.frame_seconds += counts_.last_frame_seconds;
      counts_.last_step_seconds = counts_.last_frame_seconds / std::max(1, timed_steps_);
      last_frame_ = now;
    }
  }
  publish("frame", json_text({{"id", id}, {"index", index}, {"frames_done", done}}));
}

void EventFeed::models_changed() { publish("models", "{}", "models"); }

FeedCounts EventFeed::counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

}  // namespace ptravel
