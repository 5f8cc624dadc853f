#include "jobs/run_drawing.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "base/profile_scope.h"
#include "jobs/assemble_run.h"
#include "jobs/background_sink.h"
#include "jobs/folder_sink.h"
#include "jobs/run_pace.h"
#include "ptravel/error.h"
#include "travel/frame_units.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWalkLogLimit = std::uint64_t{256} << 20;
constexpr std::chrono::milliseconds kLook{200};

std::int64_t first_of(const FrameUnit& unit) {
  return *std::min_element(unit.frames.begin(), unit.frames.end());
}

/// Frames to wait while others are written: none where drawing takes the processor, and where time
/// is measured, all of which the drawing thread has to see.
std::size_t frames_waiting(const Travel& travel) {
  return travel.on_card() && !ProfileScope::measured()
             ? static_cast<std::size_t>(travel.frames_at_once())
             : 0;
}

}  // namespace

RunDrawing::RunDrawing(const RunFolder& folder,
                       const Manifest& manifest,
                       Travel& travel,
                       Progress& progress,
                       const RunEventSink& events,
                       std::optional<std::size_t> waiting)
    : folder_(folder),
      manifest_(manifest),
      travel_(travel),
      progress_(progress),
      events_([this, &events](const RunEvent& event) {
        const std::lock_guard lock(events_mutex_);
        events(event);
      }),
      waiting_(waiting.value_or(frames_waiting(travel))),
      frames_(folder, manifest),
      asked_(static_cast<std::size_t>(manifest.frames), true) {}

bool RunDrawing::wants(std::int64_t index) {
  if (!asked_.at(static_cast<std::size_t>(index)) || frames_.is_whole(index)) {
    return false;
  }
  const auto damage = frames_.exists(index) ? frames_.damage(index) : std::optional<std::string>();
  if (damage && told_.insert(index).second) {
    events_({RunEvent::Kind::Note,
             "note: frame " + std::to_string(index) + " is damaged and is drawn again: " +
                 folder_.frame_path(index).string() + " " + *damage,
             folder_.frame_path(index), index});
  }
  return true;
}

bool RunDrawing::is_missing(const FrameUnit& unit) {
  return std::any_of(unit.frames.begin(), unit.frames.end(),
                     [&](std::int64_t index) { return wants(index); });
}

bool RunDrawing::claim(const FrameUnit& unit) {
  if (!is_missing(unit)) {
    return false;
  }
  const bool ready = std::all_of(unit.needs.begin(), unit.needs.end(),
                                 [&](std::int64_t index) { return frames_.is_whole(index); });
  auto lock = ready ? LockFile::try_take(folder_.unit_lock(first_of(unit))) : std::nullopt;
  lease_ = lock ? std::make_shared<const LockFile>(std::move(*lock)) : nullptr;
  busy_ = busy_ || !lease_;
  return lease_ != nullptr;
}

/// What walks told so far; empty where they told nothing.
std::string RunDrawing::walk_log() const {
  const fs::path log = folder_.walk_log_path();
  std::error_code error;
  const bool there = fs::exists(log, error) && fs::file_size(log, error) <= kWalkLogLimit;
  return there ? read_file(log, kWalkLogLimit) : std::string();
}

FrameSelection RunDrawing::selection() {
  FrameSelection selection;
  selection.wanted = [this](std::int64_t index) { return wants(index); };
  selection.finished = [this](std::int64_t index) { return frames_.read(index); };
  selection.drawn = [this](const PicturePlace& place) {
    return paced_picture(folder_, manifest_, place);
  };
  selection.walk_log = walk_log();
  selection.sharing_logs = [this](const std::function<void(const std::string&)>& write) {
    const LockFile lock = LockFile::take(folder_.log_lock());
    write(walk_log());
  };
  return selection;
}

/// Frames that build on each other are drawn together, and what they go by before them.
void RunDrawing::ask_for(const std::vector<bool>& frames) {
  asked_ = frames;
  const auto asked = [&](std::int64_t index) { return frames.at(static_cast<std::size_t>(index)); };
  if (frames_stand_alone(travel_.request())) {
    return;
  }
  for (const FrameUnit& unit : travel_.units()) {
    if (std::any_of(unit.frames.begin(), unit.frames.end(), asked)) {
      for (const auto* const list : {&unit.frames, &unit.needs}) {
        for (const std::int64_t index : *list) {
          asked_.at(static_cast<std::size_t>(index)) = true;
        }
      }
    }
  }
}

std::int64_t RunDrawing::draw(const std::vector<bool>& frames) {
  ask_for(frames);
  std::int64_t drawn = 0;
  FolderSink files(folder_, events_, [&](std::int64_t index) {
    frames_.written(index);
    ++drawn;
  });
  BackgroundSink sink(files, waiting_);
  while (true) {
    busy_ = false;
    FrameSelection chosen = selection();
    chosen.complete_log = false;
    chosen.claim = [&](const FrameUnit& unit) {
      const bool mine = claim(unit);
      sink.hold(lease_);
      return mine;
    };
    chosen.release = [&](const FrameUnit&) {
      lease_.reset();
      sink.hold(nullptr);
    };
    chosen.finished = [&](std::int64_t index) {
      sink.wait();
      return frames_.read(index);
    };
    travel_.render(chosen, sink, progress_);
    if (!busy_) {
      return drawn;
    }
    progress_.check_cancelled();
    std::this_thread::sleep_for(kLook);
  }
}

void RunDrawing::draw() {
  draw(std::vector<bool>(static_cast<std::size_t>(manifest_.frames), true));
}

void RunDrawing::complete_logs() {
  // Whoever drew a unit writes its log before it lets go of it.
  for (const FrameUnit& unit : travel_.units()) {
    const fs::path lock = folder_.unit_lock(first_of(unit));
    if (fs::exists(lock)) {
      wait_for_lock(lock, progress_);
    }
  }
  FolderSink sink(folder_, events_, [this](std::int64_t index) { frames_.written(index); });
  FrameSelection none = selection();
  none.claim = [](const FrameUnit&) { return false; };
  none.wanted = [](std::int64_t) { return false; };  // and none is looked at again
  travel_.render(none, sink, progress_);
}

}  // namespace ptravel
