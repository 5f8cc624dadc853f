#include "jobs/run_drawing.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "base/profile_scope.h"
#include "jobs/assemble_run.h"
#include "media/image_file.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWalkLogLimit = std::uint64_t{256} << 20;
constexpr std::chrono::milliseconds kLook{200};

/// Saves each frame into the run folder under its number.
class FolderSink : public FrameSink {
 public:
  FolderSink(const RunFolder& folder, RunFrames& frames, const RunEventSink& events)
      : folder_(folder), frames_(frames), events_(events) {}
  void begin(std::int64_t) override {}
  void add(const RenderedFrame& frame) override {
    const auto profile = ProfileScope::part("saving frames");
    const fs::path path = folder_.frame_path(frame.index);
    const ImageText text{"parameters", frame.parameters};
    write_png(path, frame.image, {&text, 1}, frame.latent);
    frames_.written(frame.index);
    events_({RunEvent::Kind::Frame, "", path, frame.index});
  }
  void add_file(const TravelFile& file) override {
    const auto profile = ProfileScope::part("other files");
    const fs::path path = folder_.path() / file.name;
    if (file.image) {
      write_png(path, *file.image, {});
    } else {
      write_file_atomic(path, file.text);
    }
    events_({RunEvent::Kind::File, "", path, 0});
  }
  void debug(const std::string& text) override { events_({RunEvent::Kind::Debug, text, {}, 0}); }
  void finish() override {}

 private:
  const RunFolder& folder_;
  RunFrames& frames_;
  const RunEventSink& events_;
};

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
  const fs::path log = folder_.walk_log_path();
  std::error_code error;
  if (fs::exists(log, error) && fs::file_size(log, error) <= kWalkLogLimit) {
    selection.walk_log = read_file(log, kWalkLogLimit);
  }
  return selection;
}

void RunDrawing::draw(const FrameRange& range) {
  FolderSink sink(folder_, frames_, events_);
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
  FolderSink sink(folder_, frames_, events_);
  FrameSelection none = selection();
  none.claim = [](const FrameUnit&) { return false; };
  travel_.render(none, sink, progress_);
}

}  // namespace ptravel
