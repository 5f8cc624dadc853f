#include "queue/job_drawing.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/atomic_file.h"
#include "jobs/manifest.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTellEvery{100};
constexpr std::size_t kMostNotes = 100;
constexpr std::uintmax_t kMebibyte = std::uintmax_t{1} << 20;
constexpr std::uintmax_t kLeastFree = 64 * kMebibyte;
constexpr std::size_t kProbe = std::size_t{1} << 20;
constexpr int kProbes = 16;
constexpr std::string_view kNote = "note: ";

/// The state that a phase of the work is; nothing where it says nothing new.
std::optional<QueueState> state_of(WorkPhase phase) {
  switch (phase) {
    case WorkPhase::Loading:
      return QueueState::Loading;
    case WorkPhase::Drawing:
      return QueueState::Drawing;
    case WorkPhase::Assembling:
      return QueueState::Assembling;
    case WorkPhase::Other:
      break;
  }
  return std::nullopt;
}

std::string file_name(const std::optional<fs::path>& path) {
  return path ? path->filename().string() : std::string();
}

}  // namespace

std::string seconds_key(const TravelRequest& request) {
  std::string key = request.model + "|" + request.vae;
  for (const char* field : {"width", "height", "steps", "sampler", "precision", "device"}) {
    key += "|" + request_field_text(request, field);
  }
  return key;
}

bool is_disk_full(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (!error && space.available <= kLeastFree) {
    return true;
  }
  try {
    AtomicFile probe(folder / "room");
    const std::string bytes(kProbe, '\0');
    for (int i = 0; i < kProbes; ++i) {
      const int number = probe.try_write(bytes);
      if (number == ENOSPC || number == EDQUOT) {
        return true;
      }
    }
    return false;
  } catch (const Error&) {
    return errno == ENOSPC || errno == EDQUOT;
  }
}

std::string disk_full_text(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  std::string found;
  if (!error && space.available <= kLeastFree) {
    found = ", has " + std::to_string(space.available / kMebibyte) + " MiB";
  }
  return "the disk is full: " + folder.string() + " needs more than " +
         std::to_string(kLeastFree / kMebibyte) + " MiB free" + found +
         "; free some space, and the queue goes on by itself";
}

std::optional<JobRecord> JobDrawing::take() {
  run_ = {};
  auto taken = parts_.store.write([&](JobStore& store) -> std::optional<JobRecord> {
    const std::vector<JobRecord> first = store.waiting(1);
    if (first.empty()) {
      return std::nullopt;
    }
    JobRecord job = store.change(first.front().id, [](JobRecord& record) {
      record.state = QueueState::Loading;
      record.started = record.started > 0 ? record.started : seconds_now();
      record.finished = 0;
      record.error.reset();
    });
    run_.id = job.id;
    run_.phase = WorkPhase::Loading;
    run_.progress = parts_.live.begin(
        job.id, [this](const ProgressSnapshot& snapshot) { see_progress(snapshot); });
    parts_.events.keep_job(job);
    return job;
  });
  parts_.events.deliver();
  return taken;
}

std::optional<JobEnd> JobDrawing::draw_next() {
  store_end();
  const std::optional<JobRecord> job = take();
  if (!job) {
    return std::nullopt;
  }
  JobEnd how = JobEnd::Over;
  Change end;
  try {
    throw_request_problems(
        parts_.store.read([&](JobStore& store) { return store.unreadable(job->id); }));
    end = end_of_success(draw(*job));
  } catch (...) {
    const Error error = error_in_flight("drawing");
    const bool full = error.code() == ErrorCode::Io && is_disk_full(parts_.options.out);
    how = full ? JobEnd::DiskFull : JobEnd::Over;
    end = end_of_failure(error, full);
  }
  finish(std::move(end));
  return how;
}

JobDrawing::Change JobDrawing::end_of_success(const RunResult& result) const {
  return [this, result](JobStore& store, JobRecord& job) {
    job.state = QueueState::Done;
    job.frames_done = result.frames;
    job.frames_total = result.frames;
    job.video = file_name(result.video);
    job.contact_sheet = file_name(result.contact_sheet);
    remember_seconds(store, job.request);
  };
}

/// A job that was stopped by the end of the program or by a full disk is the first to go on.
JobDrawing::Change JobDrawing::end_of_failure(const Error& error, bool full) const {
  const bool stopped = error.code() == ErrorCode::Cancelled;
  const bool shutdown = stopped && parts_.live.stop_reason() == StopReason::Shutdown;
  return [=](JobStore& store, JobRecord& job) {
    if (full || shutdown) {
      job.state = shutdown ? QueueState::Interrupted : QueueState::Queued;
      job.place = store.first_place();
    } else if (stopped) {
      job.state = QueueState::Cancelled;
    } else {
      job.state = QueueState::Failed;
      job.error = error;
    }
  };
}

RunResult JobDrawing::draw(const JobRecord& job) {
  const RunEventSink events = [this](const RunEvent& event) { see_event(event); };
  const std::string reserved =
      parts_.store.read([&](JobStore& store) { return store.reserved(job.id); });
  if (const auto folder = parts_.folders.begun(job, reserved)) {
    ResumeOptions options;
    options.store = &parts_.models;
    options.sketches = sketches_for(parts_);
    options.allow_other_kernels = true;  // Nobody could allow it; it is told.
    return resume_travel(*folder, options, *run_.progress, events);
  }
  TravelRequest request = job.request;
  request.out = parts_.options.out.string();
  RunOptions options;
  options.store = &parts_.models;
  options.sketches = sketches_for(parts_);
  options.reserve = [&](const fs::path& folder) {
    parts_.store.write([&](JobStore& store) { store.reserve(job.id, folder.filename().string()); });
  };
  return run_travel(request, *run_.progress, events, options);
}

void JobDrawing::see_progress(const ProgressSnapshot& snapshot) {
  enter(snapshot.phase);
  see_speed(snapshot);
  const auto now = Clock::now();
  const bool is_new = snapshot.activity != run_.activity || snapshot.done >= snapshot.total;
  if (!is_new && now - run_.told < kTellEvery) {
    return;
  }
  run_.told = now;
  run_.activity = snapshot.activity;
  parts_.events.tell([id = run_.id, snapshot](const QueueWatcher& watcher) {
    if (watcher.progress) {
      watcher.progress(id, snapshot);
    }
  });
}

/// A film with an even pace is chosen among pictures that are whole frames already: those were
/// drawn, its frames are not. Previews say nothing of frames.
void JobDrawing::see_speed(const ProgressSnapshot& snapshot) {
  if (snapshot.phase != WorkPhase::Drawing || !run_.settled || snapshot.units_per_second <= 0) {
    return;
  }
  const bool looks_for_pace = snapshot.unit == "pictures";
  if (looks_for_pace == (run_.settled->pace == Pace::Even)) {
    run_.seconds = 1 / snapshot.units_per_second;
  }
}

void JobDrawing::enter(WorkPhase phase) {
  const auto state = state_of(phase);
  if (!state || phase == run_.phase) {
    return;
  }
  run_.phase = phase;
  change_job(parts_, run_.id, [&](JobStore&, JobRecord& job) { job.state = *state; });
}

void JobDrawing::see_event(const RunEvent& event) {
  switch (event.kind) {
    case RunEvent::Kind::Folder:
      see_folder(event.path);
      break;
    case RunEvent::Kind::Frame:
      if (run_.drawn == 0) {
        see_first_frame(event.path.parent_path());
      }
      see_frame(event.index);
      break;
    case RunEvent::Kind::Note:
      see_note(event.text);
      break;
    default:
      break;
  }
}

/// From here on the job has a run folder: whatever happens, it goes on there.
void JobDrawing::see_folder(const fs::path& folder) {
  const Manifest manifest = read_manifest(folder / "travel.json");
  const std::string name = folder.filename().string();
  run_.settled = manifest.request;
  run_.stage_frames = manifest.stage_frames;
  parts_.live.set_frames(parts_.folders.frames(name, manifest.frames));
  change_job(parts_, run_.id, [&](JobStore&, JobRecord& job) {
    job.folder = name;
    job.frames_total = manifest.frames;
    job.stage_frames = manifest.stage_frames;
  });
}

/// The stages of a film whose pace had to be found first may lie elsewhere than it was thought.
void JobDrawing::see_first_frame(const fs::path& folder) {
  Manifest manifest = read_manifest(folder / "travel.json");
  if (manifest.stage_frames == run_.stage_frames) {
    return;
  }
  run_.stage_frames = std::move(manifest.stage_frames);
  change_job(parts_, run_.id,
             [&](JobStore&, JobRecord& job) { job.stage_frames = run_.stage_frames; });
}

void JobDrawing::see_frame(std::int64_t index) {
  parts_.live.add_frame(index);
  ++run_.drawn;
  parts_.events.tell([id = run_.id, index](const QueueWatcher& watcher) {
    if (watcher.frame) {
      watcher.frame(id, index);
    }
  });
}

void JobDrawing::see_note(std::string text) {
  text = text.starts_with(kNote) ? text.substr(kNote.size()) : text;
  bool is_new = false;
  change_job(parts_, run_.id, [&](JobStore&, JobRecord& job) {
    is_new = std::find(job.notes.begin(), job.notes.end(), text) == job.notes.end() &&
             job.notes.size() < kMostNotes;
    if (is_new) {
      job.notes.push_back(text);
    }
  });
  if (is_new) {
    parts_.events.tell([id = run_.id, text](const QueueWatcher& watcher) {
      if (watcher.note) {
        watcher.note(id, text);
      }
    });
  }
}

void JobDrawing::remember_seconds(JobStore& store, const TravelRequest& asked) const {
  if (run_.seconds <= 0) {
    return;
  }
  store.remember_seconds(seconds_key(asked), run_.seconds);
  if (run_.settled) {
    store.remember_seconds(seconds_key(*run_.settled), run_.seconds);
  }
}

void JobDrawing::finish(Change end) {
  unstored_ = [this, id = run_.id, end = std::move(end)] {
    parts_.store.write([&](JobStore& store) {
      const JobRecord job = store.change(id, [&](JobRecord& record) {
        parts_.live.fill_in(record);
        end(store, record);
        record.finished = is_over(record.state) ? seconds_now() : 0;
      });
      parts_.events.keep_job(job);
      parts_.live.end();
    });
  };
  try {
    store_end();
  } catch (const Error&) {
    // Stored when it goes: draw_next begins with it. A process that ends before leaves a job in
    // work behind, which goes on after the next start.
    parts_.live.end();
    parts_.events.deliver();
    throw;
  }
}

void JobDrawing::store_end() {
  if (unstored_) {
    unstored_();
    unstored_ = nullptr;
    parts_.events.deliver();
  }
}

}  // namespace ptravel
