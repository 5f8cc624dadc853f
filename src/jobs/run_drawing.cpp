#include "jobs/run_drawing.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "jobs/assemble_run.h"
#include "jobs/folder_sink.h"
#include "jobs/run_pace.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWalkLogLimit = std::uint64_t{256} << 20;
constexpr std::chrono::milliseconds kLook{200};

bool touches(const FrameUnit& unit, const FrameRange& range) {
  return std::any_of(unit.frames.begin(), unit.frames.end(),
                     [&](std::int64_t index) { return index >= range.begin && index < range.end; });
}

std::int64_t first_of(const FrameUnit& unit) {
  return *std::min_element(unit.frames.begin(), unit.frames.end());
}

}  // namespace

RunDrawing::RunDrawing(const RunFolder& folder,
                       const Manifest& manifest,
                       Travel& travel,
                       Progress& progress,
                       const RunEventSink& events)
    : folder_(folder),
      manifest_(manifest),
      travel_(travel),
      progress_(progress),
      events_(events),
      frames_(folder, manifest) {}

bool RunDrawing::wants(std::int64_t index) {
  if (frames_.is_whole(index)) {
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

bool RunDrawing::claim(const FrameUnit& unit, const FrameRange& range) {
  if (!touches(unit, range) || !is_missing(unit)) {
    return false;
  }
  const bool ready = std::all_of(unit.needs.begin(), unit.needs.end(),
                                 [&](std::int64_t index) { return frames_.is_whole(index); });
  lease_ = ready ? LockFile::try_take(folder_.unit_lock(first_of(unit))) : std::nullopt;
  busy_ = busy_ || !lease_;
  return lease_.has_value();
}

FrameSelection RunDrawing::selection() {
  FrameSelection selection;
  selection.wanted = [this](std::int64_t index) { return wants(index); };
  selection.finished = [this](std::int64_t index) { return frames_.read(index); };
  selection.drawn = [this](const PicturePlace& place) {
    return paced_picture(folder_, manifest_, place);
  };
  const fs::path log = folder_.walk_log_path();
  std::error_code error;
  if (fs::exists(log, error) && fs::file_size(log, error) <= kWalkLogLimit) {
    selection.walk_log = read_file(log, kWalkLogLimit);
  }
  return selection;
}

void RunDrawing::draw(const FrameRange& range) {
  FolderSink sink(folder_, events_, [this](std::int64_t index) { frames_.written(index); });
  while (true) {
    busy_ = false;
    FrameSelection chosen = selection();
    chosen.complete_log = false;
    chosen.claim = [&](const FrameUnit& unit) { return claim(unit, range); };
    chosen.release = [this](const FrameUnit&) { lease_.reset(); };
    travel_.render(chosen, sink, progress_);
    if (!busy_) {
      return;
    }
    progress_.check_cancelled();
    std::this_thread::sleep_for(kLook);
  }
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
  travel_.render(none, sink, progress_);
}

}  // namespace ptravel
