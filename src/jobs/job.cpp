#include "ptravel/job.h"

#include <nlohmann/json.hpp>

#include "base/enum_names.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kJobStateNames = enum_names<JobState>({{JobState::Waiting, "waiting"},
                                                      {JobState::Running, "running"},
                                                      {JobState::Finished, "finished"},
                                                      {JobState::Stopped, "stopped"},
                                                      {JobState::Failed, "failed"}});

}  // namespace

Job::Job(std::string id, JobObservers observers)
    : id_(std::move(id)),
      observers_(std::move(observers)),
      progress_([this](const ProgressSnapshot& snapshot) {
        if (observers_.progress) {
          observers_.progress(snapshot);
        }
      }) {}

void Job::run(const Work& work) {
  {
    const std::lock_guard lock(mutex_);
    PTRAVEL_CHECK(state_ == JobState::Waiting);
    state_ = JobState::Running;
  }
  const RunEventSink events = [this](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Folder) {
      const std::lock_guard lock(mutex_);
      folder_ = event.path;
    }
    if (observers_.event) {
      observers_.event(event);
    }
  };
  try {
    progress_.check_cancelled();
    work(progress_, events);
    const std::lock_guard lock(mutex_);
    state_ = JobState::Finished;
  } catch (...) {
    Error error = error_in_flight("drawing");
    const std::lock_guard lock(mutex_);
    state_ = error.code() == ErrorCode::Cancelled ? JobState::Stopped : JobState::Failed;
    error_ = std::move(error);
  }
}

JobState Job::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::optional<Error> Job::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

std::optional<std::filesystem::path> Job::folder() const {
  const std::lock_guard lock(mutex_);
  return folder_;
}

bool Job::can_go_on() const {
  const std::lock_guard lock(mutex_);
  if (!folder_ || !error_) {
    return false;
  }
  switch (error_->code()) {
    case ErrorCode::Cancelled:
    case ErrorCode::Io:
    case ErrorCode::OutOfMemory:
      return true;
    default:
      return false;
  }
}

std::string Job::to_json() const {
  Json object = {{"id", id_}};
  const std::lock_guard lock(mutex_);
  object["state"] = std::string(kJobStateNames.name(state_));
  object["folder"] = folder_ ? Json(folder_->string()) : Json(nullptr);
  object["progress"] = Json::parse(ptravel::to_json(progress_.snapshot()));
  object["error"] = error_ ? Json::parse(ptravel::to_json(*error_)) : Json(nullptr);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ptravel
