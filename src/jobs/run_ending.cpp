#include "jobs/run_ending.h"

#include <filesystem>
#include <functional>
#include <system_error>
#include <vector>

#include "jobs/assemble_run.h"
#include "jobs/run_drawing.h"
#include "jobs/run_frames.h"
#include "jobs/run_motion.h"
#include "jobs/run_pace.h"
#include "jobs/stage_pictures.h"
#include "request/mode_infos.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// What another process made of the run's frames.
RunResult found_result(const RunFolder& folder, const Manifest& manifest) {
  RunResult result;
  result.folder = folder.path();
  result.frames = manifest.frames;
  const fs::path video = wanted_video(folder, manifest.request, manifest);
  if (!video.empty() && fs::exists(video)) {
    result.video = video;
  }
  if (manifest.request.contact_sheet && fs::exists(folder.contact_sheet_path())) {
    result.contact_sheet = folder.contact_sheet_path();
  }
  return result;
}

/// Motion and video one after the other, or both at once: what follows drawing takes a processor as
/// long as drawing takes a card.
enum class Making { InTurn, AtOnce };

RunResult make_film(const RunFolder& folder,
                    const Manifest& manifest,
                    Making making,
                    Progress& progress,
                    const RunEventSink& events) {
  const auto motion = [&] { write_motion(folder, manifest, progress, events); };
  std::function<void()> beside;
  if (making == Making::AtOnce) {
    beside = motion;
  } else {
    motion();
  }
  return assemble_run(folder, manifest.request, manifest,
                      wanted_video(folder, manifest.request, manifest), progress, events, {},
                      beside);
}

}  // namespace

RunResult make_film_again(const RunFolder& folder,
                          const Manifest& manifest,
                          Progress& progress,
                          const RunEventSink& events) {
  const LockFile lock = wait_for_lock(folder.film_lock(), progress);
  return make_film(folder, manifest, Making::InTurn, progress, events);
}

Error left_with(RunWorker& worker) {
  Error error = error_in_flight("run");
  const bool stopped = error.code() == ErrorCode::Cancelled;
  try {
    worker.leave(stopped ? RunState::Stopped : RunState::Failed, stopped ? "" : error.what());
  } catch (const std::exception&) {
    // A full disk: travel.json as it stands is enough to go on.
  }
  return error;
}

RunResult end_run(const RunFolder& folder,
                  Manifest& manifest,
                  RunWorker& worker,
                  Travel* travel,
                  Progress& progress,
                  const RunEventSink& events) {
  const LockFile film = wait_for_lock(folder.film_lock(), progress);
  if (read_manifest(folder.manifest_path()).state == RunState::Finished) {
    worker.leave(RunState::Finished, "");  // Another process was first.
    return found_result(folder, manifest);
  }
  if (travel != nullptr) {
    RunDrawing(folder, manifest, *travel, progress, events).complete_logs();
  }
  const Making making = travel != nullptr && travel->on_card() ? Making::AtOnce : Making::InTurn;
  RunResult result = make_film(folder, manifest, making, progress, events);
  compare_with_pictures(folder, manifest, events);
  remove_pace_pictures(folder);
  worker.finish(result.video ? result.video->filename().string() : "");
  return result;
}

bool has_logs(const RunFolder& folder, const Manifest& manifest) {
  std::error_code error;
  return !mode_info(manifest.request.mode).keeps_log(manifest.request) ||
         fs::exists(folder.walk_log_path(), error);
}

bool has_everything(const RunFolder& folder, const Manifest& manifest, Progress& progress) {
  const std::vector<bool> all(static_cast<std::size_t>(manifest.frames), true);
  return manifest.state == RunState::Finished && has_logs(folder, manifest) &&
         are_there(folder, all) && are_whole(folder, manifest, all, progress);
}

}  // namespace ptravel
