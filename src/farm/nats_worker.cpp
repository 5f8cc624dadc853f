// The worker's side of runs at a NATS server: which there are, which it can draw, and drawing them.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/files.h"
#include "farm/nats_client.h"
#include "farm/nats_messages.h"
#include "farm/nats_objects.h"
#include "farm/nats_pieces.h"
#include "farm/work_keeper.h"
#include "farm/worker_runs.h"
#include "jobs/open_run.h"
#include "jobs/run_folder.h"
#include "ptravel/error.h"
#include "ptravel/nats_farm.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLook{100};
constexpr milliseconds kLookForRuns{1000};
constexpr milliseconds kWaitForWork{500};
/// What a machine lacks may be put there.
constexpr std::chrono::seconds kRefusedFor{60};
constexpr milliseconds kLongestBackOff{30'000};
/// The model of the run before stays for the next one.
constexpr std::uint64_t kModelsBound = std::uint64_t{4} << 30;
constexpr std::size_t kMostRuns = 1000;
constexpr std::uint64_t kFileLimit = std::uint64_t{1} << 30;

/// A run that was announced.
struct KnownRun {
  Announcement announcement;
  std::uint64_t sequence = 0;      // of its announcement: the order in which runs came
  std::optional<fs::path> folder;  // once it was fetched
  std::optional<NatsPuller> work;
  Clock::time_point refused_until{};
  std::map<std::int64_t, int> failures;  // by piece
};

class Worker {
 public:
  Worker(const NatsWorker& settings, Progress& progress, const RunEventSink& events)
      : settings_(settings),
        progress_(progress),
        events_(events),
        client_(settings.login, "prompt-travel worker " + settings.name),
        scratch_(settings.scratch),
        store_(nullptr, kModelsBound) {}

  std::int64_t work() {
    client_.make_stream(kRunsStream, {kRunsSubjects}, StreamKind::Newest);
    note(settings_.name + " waits for work at " + settings_.login.url);
    auto last_work = Clock::now();
    while (true) {
      progress_.check_cancelled();
      try {
        look_for_runs();
        if (work_once()) {
          last_work = Clock::now();
          continue;
        }
      } catch (const Error& error) {
        if (error.code() != ErrorCode::Io && error.code() != ErrorCode::NotFound) {
          throw;
        }
        if (error.code() == ErrorCode::Io) {
          tell_trouble(error);
        }  // Else a run that has ended, which the next look at the runs shows.
        next_look_ = {};
        for (auto& [name, run] : runs_) {
          run.work.reset();
        }
      }
      if (settings_.idle_exit && Clock::now() - last_work >= *settings_.idle_exit) {
        return drawn_;
      }
      wait_a_little();
    }
  }

 private:
  void note(const std::string& text) { events_({RunEvent::Kind::Note, "note: " + text, {}, 0}); }

  void tell_trouble(const Error& error) {
    if (trouble_ != error.what()) {
      trouble_ = error.what();
      note("trouble, which is tried again: " + trouble_);
    }
  }

  void wait_a_little() {
    const auto until = Clock::now() + (runs_.empty() ? kLookForRuns : kLook);
    while (Clock::now() < until) {
      progress_.check_cancelled();
      std::this_thread::sleep_for(kLook);
    }
  }

  void look_for_runs() {
    if (Clock::now() < next_look_) {
      return;
    }
    next_look_ = Clock::now() + kLookForRuns;
    std::set<std::string> there;
    for (const std::string& subject : client_.subjects(kRunsStream, kRunsSubjects)) {
      const std::string run = subject.substr(subject.rfind('.') + 1);
      if (!is_run_name(run) || there.size() >= kMostRuns) {
        continue;
      }
      there.insert(run);
      if (runs_.count(run) > 0) {
        continue;
      }
      const auto message = client_.last(kRunsStream, subject);
      const auto announcement = message ? parse_announcement(message->data()) : std::nullopt;
      if (announcement && announcement->run == run) {
        KnownRun& known = runs_[run];
        known.announcement = *announcement;
        known.sequence = message->sequence();
      }
    }
    std::vector<std::string> gone;
    for (const auto& [name, run] : runs_) {
      if (there.count(name) == 0) {
        gone.push_back(name);
      }
    }
    std::ranges::for_each(gone, [this](const std::string& name) { forget(name); });
    trouble_.clear();
  }

  void forget(const std::string& name) {
    if (open_run_ == name) {
      open_.reset();
      open_run_.clear();
    }
    runs_.erase(name);
    std::error_code ignored;
    fs::remove_all(scratch_.of_run(name), ignored);
  }

  /// Runs by age.
  std::vector<std::string> in_turn() const {
    std::vector<std::pair<std::uint64_t, std::string>> order;
    for (const auto& [name, run] : runs_) {
      order.emplace_back(run.sequence, name);
    }
    std::ranges::sort(order);
    std::vector<std::string> names;
    for (auto& [sequence, name] : order) {
      names.push_back(std::move(name));
    }
    return names;
  }

  /// Draws a piece of the oldest run that has work for this machine. False where there is none.
  bool work_once() {
    for (const std::string& name : in_turn()) {
      KnownRun& run = runs_.at(name);
      if (Clock::now() < run.refused_until || (!run.folder && !fetch(run))) {
        continue;
      }
      if (!run.work) {
        run.work = client_.pull(RunNames(name).work_stream(), kWorkersConsumer);
      }
      // A request that waits at the server gets work as soon as there is some.
      if (auto message = run.work->next(runs_.size() == 1 ? kWaitForWork : kLook)) {
        draw(run, *message);
        return true;
      }
    }
    return false;
  }

  void report(const KnownRun& run,
              WorkerReport::Kind kind,
              std::int64_t first,
              const std::string& text = "") {
    client_.publish(RunNames(run.announcement.run).reports(),
                    to_json(WorkerReport{kind, settings_.name, first, text}));
  }

  void refuse(KnownRun& run, const Error& error) {
    run.refused_until = Clock::now() + kRefusedFor;
    note("run " + run.announcement.run + " (model " + run.announcement.model_name +
         ") is left to others: " + error.what());
    report(run, WorkerReport::Kind::Cannot, 0, error.what());
  }

  bool fetch(KnownRun& run) {
    try {
      const fs::path scratch = scratch_.of_run(run.announcement.run);
      run.folder = fetch_run(client_, run.announcement, settings_, scratch, progress_);
      return true;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::Cancelled || error.code() == ErrorCode::Io) {
        throw;
      }
      refuse(run, error);
      return false;
    }
  }

  void open(KnownRun& run, WorkKeeper& keeper) {
    if (open_run_ == run.announcement.run) {
      return;
    }
    open_.reset();
    open_run_.clear();
    ResumeOptions options = settings_.drawing;
    options.models_dir.reset();  // It stands in the manifest here.
    open_ = std::make_unique<OpenRun>(*run.folder, options, store_, keeper.progress(), events_);
    open_run_ = run.announcement.run;
  }

  void draw(KnownRun& run, NatsMessage& message) {
    const auto piece = parse_work_piece(message.data());
    if (!piece || piece->run != run.announcement.run ||
        piece->frames.end > run.announcement.frames) {
      message.acknowledge();  // Nobody can draw that.
      return;
    }
    const std::int64_t first = piece->frames.begin;
    WorkKeeper keeper(client_, run.announcement, message, progress_);
    bool opened = false;
    try {
      open(run, keeper);
      opened = true;
      report(run, WorkerReport::Kind::Began, first);
      const auto began = Clock::now();
      draw_and_send(run, piece->frames, keeper.progress());
      report(run, WorkerReport::Kind::Done, first);
      keeper.stop();
      message.acknowledge_surely();
      run.failures.erase(first);
      tell_drawn(run, piece->frames, Clock::now() - began);
    } catch (const Error& error) {
      keeper.stop();
      if (keeper.run_is_gone()) {
        forget(std::string(run.announcement.run));
      } else if (error.code() == ErrorCode::Cancelled) {
        message.give_back(milliseconds(0));
        report(run, WorkerReport::Kind::GaveBack, first);
        throw;
      } else if (!opened) {
        message.give_back(milliseconds(0));
        refuse(run, error);
      } else {
        fail(run, first, message, error);
      }
    }
  }

  void fail(KnownRun& run, std::int64_t first, NatsMessage& message, const Error& error) {
    const int times = std::min(++run.failures[first], 8);
    note("the work from frame " + std::to_string(first) + " on of run " + run.announcement.run +
         " failed: " + error.what());
    report(run, WorkerReport::Kind::Failed, first, error.what());
    // Another machine may be able to; this one tries later.
    message.give_back(std::min(milliseconds(500) * (1 << times), kLongestBackOff));
  }

  void tell_drawn(const KnownRun& run, const FrameRange& frames, Clock::duration took) {
    const auto seconds = std::chrono::duration<double>(took).count();
    char text[64];
    std::snprintf(text, sizeof text, " in %.1f s", seconds);
    note("run " + run.announcement.run + ": " + frames_words(frames) + text);
  }

  void send(const KnownRun& run, const fs::path& file, std::int64_t first) {
    const auto name = object_name(file.filename().string(), new_nuid());
    if (name) {
      put_object(client_, RunNames(run.announcement.run), *name, read_file(file, kFileLimit),
                 settings_.name, first);
    }
  }

  /// Frames go as they are drawn; those of a run that leaves other files behind these, so that who
  /// has all frames has all files.
  void draw_and_send(KnownRun& run, const FrameRange& frames, Progress& progress) {
    const RunFolder folder = RunFolder::open(*run.folder);
    const bool others = leaves_other_files(open_->manifest());
    std::set<std::int64_t> sent;
    drawn_ += open_->draw(frames, progress, [&](const RunEvent& event) {
      const bool ours = event.kind == RunEvent::Kind::Frame && event.index >= frames.begin &&
                        event.index < frames.end;
      if (ours && !others && sent.insert(event.index).second) {
        send(run, event.path, frames.begin);
      } else if (event.kind == RunEvent::Kind::Note) {
        events_(event);
      }
    });
    if (others) {
      send_other_files(run, frames.begin);
    }
    for (std::int64_t frame = frames.begin; frame < frames.end; ++frame) {
      if (sent.insert(frame).second) {
        send(run, folder.frame_path(frame), frames.begin);
      }
    }
  }

  void send_other_files(KnownRun& run, std::int64_t first) {
    for (const fs::directory_entry& entry : fs::directory_iterator(*run.folder)) {
      const std::string name = entry.path().filename().string();
      if (name == "walk.json" || name.starts_with("embryo")) {
        send(run, entry.path(), first);
      }
    }
  }

  const NatsWorker& settings_;
  Progress& progress_;
  const RunEventSink& events_;
  NatsClient client_;
  WorkerScratch scratch_;
  RunStore store_;
  std::map<std::string, KnownRun> runs_;
  std::unique_ptr<OpenRun> open_;
  std::string open_run_;
  Clock::time_point next_look_{};
  std::string trouble_;
  std::int64_t drawn_ = 0;
};

}  // namespace

std::int64_t work_for_nats(const NatsWorker& worker,
                           Progress& progress,
                           const RunEventSink& events) {
  check_nats_login(worker.login);
  if (!is_machine_name(worker.name)) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"--name", "\"" + shown_text(worker.name) +
                                      "\", expected 1 to 64 letters, digits, \"-\", \"_\", \".\""});
  }
  return Worker(worker, progress, events).work();
}

}  // namespace ptravel
