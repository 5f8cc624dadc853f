#include "queue/job_queue.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include <unistd.h>

#include "base/sha256.h"
#include "ptravel/error.h"
#include "ptravel/seed.h"
#include "queue/queue_worker.h"
#include "queue/trash.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::size_t kMadeId = 22;
constexpr const char* kIdCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

[[noreturn]] void refuse(const char* field, const std::string& message) {
  throw Error(ErrorCode::InvalidArgument, Problem{field, message});
}

[[noreturn]] void refuse_state(const JobRecord& job, const char* expected) {
  const std::string state =
      job.trashed > 0 ? "in the trash" : std::string(queue_state_name(job.state));
  throw Error(ErrorCode::InvalidArgument,
              "job " + job.id + " is " + state + ", expected " + expected);
}

[[noreturn]] void refuse_id(const std::string& id, const std::string& why) {
  throw Error(ErrorCode::InvalidArgument, "id " + id + " " + why + ", expected a new one");
}

void check_id(const std::string& id) {
  if (!is_job_id(id)) {
    refuse("id", "expected " + std::string(kJobIdRule));
  }
}

std::string new_id() {
  std::random_device random;
  std::string id;
  while (id.size() < kMadeId) {
    id += kIdCharacters[random() % 64];
  }
  return id;
}

std::string checked_name(const std::string& name) {
  if (const auto problem = job_name_problem(name)) {
    refuse("name", *problem);
  }
  return encode_utf8(decode_utf8(name));  // what is no UTF-8 is replaced
}

/// What tells whether two submissions ask for the same.
std::string digest_of(TravelRequest request) {
  request.out.clear();
  const std::string text = request_to_json(request);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

/// Jobs that a process which was killed left in work are the first to go on.
void recover(QueueParts& parts) {
  parts.store.write([&](JobStore& store) {
    for (const QueueState state :
         {QueueState::Assembling, QueueState::Drawing, QueueState::Loading}) {
      for (const std::string& id : store.ids_in(state)) {
        store.change(id, [&](JobRecord& job) {
          job.state = QueueState::Interrupted;
          job.place = store.first_place();
          if (!job.folder.empty()) {
            job.frames_done = parts.folders.frames(job.folder, job.frames_total).count();
          }
        });
      }
    }
  });
}

}  // namespace

std::uint64_t usual_model_memory() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto size = ::sysconf(_SC_PAGESIZE);
  return static_cast<std::uint64_t>(std::max(pages, 0L)) *
         static_cast<std::uint64_t>(std::max(size, 0L)) / 2;
}

struct JobQueue::State : QueueParts {
  State(JobQueueOptions options, QueueWatcher watcher)
      : QueueParts(std::move(options), std::move(watcher)), worker(*this), trash(*this) {}

  JobRecord filled(JobRecord job) const {
    live.fill_in(job);
    return job;
  }
  std::optional<JobRecord> filled(std::optional<JobRecord> job) const {
    return job ? filled(std::move(*job)) : std::move(job);
  }
  std::vector<JobRecord> filled(std::vector<JobRecord> jobs) const {
    std::for_each(jobs.begin(), jobs.end(), [this](JobRecord& job) { live.fill_in(job); });
    return jobs;
  }

  std::atomic<bool> stopped{false};
  QueueWorker worker;
  Trash trash;
};

JobQueue::JobQueue(JobQueueOptions options, QueueWatcher watcher)
    : state_(std::make_unique<State>(std::move(options), std::move(watcher))) {
  recover(*state_);
}

JobQueue::~JobQueue() { stop(); }

void JobQueue::start() {
  state_->worker.start();
  state_->trash.start();
}

void JobQueue::stop() {
  state_->stopped = true;
  state_->worker.stop();
  state_->trash.stop();
}

JobQueue::Submission JobQueue::submit(const TravelRequest& request,
                                      const std::string& id,
                                      const std::string& name,
                                      bool front) {
  Submission result;
  JobRecord& job = result.job;
  job.id = id.empty() ? new_id() : id;
  check_id(job.id);
  job.name = checked_name(name);
  job.request = request;
  job.request.out = state_->options.out.string();
  job.created = seconds_now();
  draw_seeds(job.request);
  const std::string asked = digest_of(request);
  state_->store.write([&](JobStore& store) {
    if (auto known = store.find(job.id)) {
      if (store.asked(job.id) != asked) {
        refuse_id(job.id, "is taken by a job of another request");
      }
      result = {state_->filled(std::move(*known)), false};
      return;
    }
    if (store.is_gone(job.id)) {
      refuse_id(job.id, "is that of a job that was deleted");
    }
    if (store.waiting_count() >= static_cast<std::int64_t>(state_->options.longest)) {
      refuse("queue", std::to_string(state_->options.longest) + " jobs wait, expected fewer");
    }
    job = store.add(job, asked, front);
    state_->events.keep_job(job);
  });
  state_->events.deliver();
  state_->worker.wake();
  return result;
}

std::optional<JobRecord> JobQueue::find(const std::string& id) const {
  return state_->filled(state_->store.read([&](JobStore& store) { return store.find(id); }));
}

std::vector<JobRecord> JobQueue::list(const JobFilter& filter) const {
  return state_->filled(state_->store.read([&](JobStore& store) { return store.list(filter); }));
}

std::vector<JobRecord> JobQueue::waiting(std::int64_t limit) const {
  return state_->filled(state_->store.read([&](JobStore& store) { return store.waiting(limit); }));
}

std::shared_ptr<const WaitingOrder> JobQueue::waiting_order() const {
  return state_->store.read([](JobStore& store) { return store.waiting_order(); });
}

std::vector<std::string> JobQueue::waiting_ids() const { return waiting_order()->ids(); }

std::int64_t JobQueue::waiting_count() const {
  return state_->store.read([](JobStore& store) { return store.waiting_count(); });
}

std::optional<std::int64_t> JobQueue::position(const JobRecord& job) const {
  return waiting_order()->place(job.id);
}

std::optional<JobRecord> JobQueue::current() const {
  const std::string id = state_->live.job();
  return id.empty() ? std::nullopt : find(id);
}

std::optional<JobRecord> JobQueue::previous(const JobRecord& job) const {
  return state_->filled(
      state_->store.read([&](JobStore& store) { return store.find(job.previous); }));
}

ProgressSnapshot JobQueue::progress() const { return state_->live.progress(); }

std::shared_ptr<const LivePreview> JobQueue::preview() const { return state_->live.preview(); }

std::string JobQueue::paused() const { return state_->worker.paused(); }

std::optional<double> JobQueue::seconds_per_frame(const TravelRequest& request) const {
  return state_->store.read([&](JobStore& store) { return store.seconds(seconds_key(request)); });
}

JobRecord JobQueue::cancel(const std::string& id) {
  return change_job(*state_, id, [&](JobStore&, JobRecord& record) {
    if (is_waiting(record.state) && record.trashed == 0) {
      record.state = QueueState::Cancelled;
      record.finished = seconds_now();
    } else if (is_in_work(record.state)) {
      state_->live.stop_job(id, StopReason::User);
    } else {
      refuse_state(record, "one that waits or is drawn");
    }
  });
}

JobRecord JobQueue::continue_job(const std::string& id) {
  JobRecord job = change_job(*state_, id, [&](JobStore& store, JobRecord& record) {
    const bool fits = record.state == QueueState::Cancelled || record.state == QueueState::Failed ||
                      record.state == QueueState::Interrupted;
    if (!fits || record.trashed > 0) {
      refuse_state(record, "cancelled, failed or interrupted");
    }
    record.state = QueueState::Queued;
    record.place = store.first_place();
    record.error.reset();
    record.finished = 0;
  });
  state_->worker.wake();
  return job;
}

JobRecord JobQueue::move_to_front(const std::string& id) {
  return change_job(*state_, id, [&](JobStore& store, JobRecord& record) {
    if (!is_waiting(record.state) || record.trashed > 0) {
      refuse_state(record, "one that waits");
    }
    record.place = store.first_place();
  });
}

JobRecord JobQueue::move_before(const std::string& id, const std::string& other) {
  JobRecord job = state_->store.write([&](JobStore& store) {
    for (const std::string& each : {other, id}) {
      const auto record = store.find(each);
      if (!record) {
        throw Error(ErrorCode::NotFound, "[queue] there is no job " + each);
      }
      if (!is_waiting(record->state) || record->trashed > 0) {
        refuse_state(*record, "one that waits");
      }
    }
    const double place = id == other ? store.find(id)->place : store.place_before(other);
    JobRecord moved = store.change(id, [&](JobRecord& record) { record.place = place; });
    state_->events.keep_job(moved);
    return moved;
  });
  state_->events.deliver();
  return job;
}

JobRecord JobQueue::rename(const std::string& id, const std::string& name) {
  const std::string checked = checked_name(name);
  return change_job(*state_, id, [&](JobStore&, JobRecord& record) { record.name = checked; });
}

void JobQueue::remove(const std::string& id) {
  change_job(*state_, id, [&](JobStore&, JobRecord& record) {
    if (is_in_work(record.state)) {
      state_->live.stop_job(id, StopReason::User);
    }
    record.trashed = record.trashed > 0 ? record.trashed : seconds_now();
    state_->events.keep_removed(id);
  });
}

JobRecord JobQueue::restore(const std::string& id) {
  JobRecord job = change_job(*state_, id, [](JobStore&, JobRecord& record) { record.trashed = 0; });
  state_->worker.wake();
  return job;
}

std::string JobQueue::make_video(const std::string& id,
                                 const VideoSettings& settings,
                                 Progress& progress) {
  PTRAVEL_CHECK(!settings.out);
  const Trash::Hold hold(state_->trash, id);
  const std::optional<JobRecord> job = find(id);
  if (!job) {
    throw Error(ErrorCode::NotFound, "[queue] there is no job " + id);
  }
  if (is_in_work(job->state) || job->trashed > 0) {
    refuse_state(*job, "one that is not drawn now");
  }
  if (job->folder.empty()) {
    refuse_state(*job, "one that has frames");
  }
  const RunResult result = ptravel::make_video(run_folder(*job), settings, progress);
  const auto name = [](const std::optional<std::filesystem::path>& path) {
    return path ? path->filename().string() : std::string();
  };
  std::string video = name(result.video);
  change_job(*state_, id, [&](JobStore&, JobRecord& record) {
    record.video = video.empty() ? record.video : video;
    record.contact_sheet = result.contact_sheet ? name(result.contact_sheet) : record.contact_sheet;
  });
  return video;
}

void JobQueue::resume() { state_->worker.resume(); }

JobRecord JobQueue::wait(const std::string& id, const std::function<bool()>& waiting) const {
  while (true) {
    std::optional<JobRecord> job = find(id);
    if (!job) {
      throw Error(ErrorCode::NotFound, "[queue] there is no job " + id);
    }
    if (is_over(job->state) || (job->trashed > 0 && !is_in_work(job->state)) || state_->stopped ||
        (waiting && !waiting())) {
      return std::move(*job);
    }
    std::this_thread::sleep_for(kLook);
  }
}

void JobQueue::run_task(const std::string& activity, const Task& task) {
  state_->worker.run_task(activity, task);
}

SketchOptions JobQueue::sketches() const { return sketches_for(*state_); }

bool JobQueue::interrupt() { return state_->live.stop(StopReason::User); }

std::filesystem::path JobQueue::run_folder(const JobRecord& job) const {
  return state_->folders.path(job.folder);
}

std::string JobQueue::frames(const JobRecord& job) const {
  auto drawn = state_->live.frames(job.id);
  return drawn ? std::move(*drawn) : state_->folders.frames(job.folder, job.frames_total).text();
}

std::filesystem::path JobQueue::uploads() const { return state_->options.out / "uploads"; }

std::vector<std::filesystem::path> JobQueue::init_images() const {
  const std::vector<std::string> paths =
      state_->store.read([](JobStore& store) { return store.init_images(); });
  return {paths.begin(), paths.end()};
}

void JobQueue::unload_models() { state_->models.unload(); }

std::uint64_t JobQueue::model_bytes() const { return state_->models.bytes(); }

}  // namespace ptravel
