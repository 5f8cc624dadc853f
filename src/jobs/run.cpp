#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "jobs/assemble_run.h"
#include "jobs/manifest.h"
#include "jobs/run_drawing.h"
#include "jobs/run_folder.h"
#include "jobs/run_frames.h"
#include "jobs/run_motion.h"
#include "jobs/run_pace.h"
#include "jobs/run_sound.h"
#include "jobs/run_worker.h"
#include "jobs/stage_pictures.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/models_folders.h"
#include "ptravel/travel.h"
#include "request/mask_files.h"
#include "request/mode_infos.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

std::string absolute_or_empty(const std::string& path) {
  return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

std::string absolute_folders(const std::string& models_dir) {
  return models_dir_of_folders(models_folders(models_dir));
}

/// The store that was given, or one of the run's own, which shares its model with previews.
class RunStore {
 public:
  explicit RunStore(ModelStore* given)
      : own_(given == nullptr ? std::make_unique<ModelStore>(0) : nullptr),
        store_(given == nullptr ? own_.get() : given) {}
  ModelStore& get() const { return *store_; }

 private:
  std::unique_ptr<ModelStore> own_;
  ModelStore* store_;
};

/// What must not depend on chance or on the working folder when the run goes on later.
TravelRequest settled(TravelRequest request) {
  draw_seeds(request);
  request.model = absolute_or_empty(request.model);
  std::error_code ignored;
  if (fs::exists(request.vae, ignored)) {  // Else it is a name, or "none".
    request.vae = absolute_or_empty(request.vae);
  }
  request.init_image = absolute_or_empty(request.init_image);
  std::vector<std::string> masks = mask_files(request);
  for (std::string& mask : masks) {
    mask = absolute_or_empty(mask);
  }
  request.mask = masks_of_files(masks);
  request.soundtrack = absolute_or_empty(request.soundtrack);
  request.models_dir = absolute_folders(request.models_dir);
  return request;
}

void tell_note(const std::string& note, const RunEventSink& events) {
  events({RunEvent::Kind::Note, "note: " + note, {}, 0});
}

void tell_notes(const Travel& travel, const RunEventSink& events) {
  for (const std::string& note : travel.notes()) {
    tell_note(note, events);
  }
}

void fill_manifest(Manifest& manifest, const Travel& travel) {
  manifest.program_version = PTRAVEL_VERSION;
  manifest.model_name = travel.model().name;
  manifest.model_sha256 = travel.model().sha256;
  manifest.vae_sha256 = travel.model().vae_sha256;
  manifest.kernels = travel.model().kernels;
  manifest.files = travel.model().files;
  if (auto soundtrack = soundtrack_identity(travel.request())) {
    manifest.files.push_back(std::move(*soundtrack));
  }
  manifest.frames = travel.frame_count();
  manifest.stage_frames = travel.stage_frames();
  manifest.request = travel.request();
}

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

RunResult make_film(const RunFolder& folder,
                    const Manifest& manifest,
                    Progress& progress,
                    const RunEventSink& events) {
  write_motion(folder, manifest, progress, events);
  return assemble_run(folder, manifest.request, manifest,
                      wanted_video(folder, manifest.request, manifest), progress, events);
}

/// Makes the film of a finished run again.
RunResult make_film_again(const RunFolder& folder,
                          const Manifest& manifest,
                          Progress& progress,
                          const RunEventSink& events) {
  const LockFile lock = wait_for_lock(folder.film_lock(), progress);
  return make_film(folder, manifest, progress, events);
}

/// For catch (...): lets the run's state say what happened and returns the failure in flight.
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

/// Draws what is missing, makes video and contact sheet and brings the run to its end; when
/// something fails the run's state says so.
RunResult draw_and_assemble(const RunFolder& folder,
                            Manifest& manifest,
                            RunWorker& worker,
                            Travel& travel,
                            ModelStore& store,
                            Progress& progress,
                            const RunEventSink& events) {
  try {
    settle_pace(folder, manifest, travel, store, progress, events);
    RunDrawing drawing(folder, manifest, travel, progress, events);
    drawing.draw({0, manifest.frames});
    const LockFile film = wait_for_lock(folder.film_lock(), progress);
    if (read_manifest(folder.manifest_path()).state == RunState::Finished) {
      worker.leave(RunState::Finished, "");  // Another process was first.
      return found_result(folder, manifest);
    }
    drawing.complete_logs();
    RunResult result = make_film(folder, manifest, progress, events);
    compare_with_pictures(folder, manifest, events);
    remove_pace_pictures(folder);
    worker.finish(result.video ? result.video->filename().string() : "");
    return result;
  } catch (...) {
    throw left_with(worker);
  }
}

/// The run's travel, opened for going on with it: its files are compared before weights are read.
std::unique_ptr<Travel> open_again(const RunFolder& folder,
                                   const Manifest& manifest,
                                   const ResumeOptions& options,
                                   ModelStore& store,
                                   Progress& progress,
                                   const RunEventSink& events) {
  TravelRequest request = manifest.request;
  request.device = options.device.value_or(request.device);
  request.threads = options.threads.value_or(request.threads);
  request.low_memory = options.low_memory.value_or(request.low_memory);
  request.model = options.model ? absolute_or_empty(*options.model) : request.model;
  request.models_dir =
      options.models_dir ? absolute_folders(*options.models_dir) : request.models_dir;
  TravelOptions opening;
  opening.store = &store;
  opening.sketches = options.sketches;
  opening.check_model = [&](const ModelIdentity& identity) {
    check_same_files(manifest, identity, "resume");
    for (const std::string& note : program_notes(manifest, identity.kernels)) {
      tell_note(note, events);
    }
  };
  std::unique_ptr<Travel> travel = Travel::open(request, progress, opening);
  if (manifest.frames != travel->frame_count()) {
    throw Error(ErrorCode::Corrupt, "[resume] " + folder.manifest_path().string() + ": has " +
                                        std::to_string(manifest.frames) +
                                        " frames, its request makes " +
                                        std::to_string(travel->frame_count()));
  }
  tell_notes(*travel, events);
  return travel;
}

/// Remembers where the model and the models folders are now.
void keep_model_path(const RunFolder& folder, Manifest& manifest, const ResumeOptions& options) {
  if (options.model || options.models_dir) {
    update_manifest(folder, manifest, [&](Manifest& on_disk) {
      TravelRequest& request = on_disk.request;
      request.model = options.model ? absolute_or_empty(*options.model) : request.model;
      request.models_dir =
          options.models_dir ? absolute_folders(*options.models_dir) : request.models_dir;
    });
  }
}

/// Whether a finished run still has all that drawing made.
bool has_everything(const RunFolder& folder, const Manifest& manifest, Progress& progress) {
  if (manifest.state != RunState::Finished) {
    return false;
  }
  const bool has_log = !mode_info(manifest.request.mode).keeps_log(manifest.request) ||
                       fs::exists(folder.walk_log_path());
  RunFrames frames(folder, manifest);
  progress.begin("looking at the frames", "frames", static_cast<double>(manifest.frames));
  for (std::int64_t index = 0; has_log && index < manifest.frames; ++index) {
    progress.check_cancelled();
    if (!frames.is_whole(index)) {
      return false;
    }
    progress.update(static_cast<double>(index + 1));
  }
  return has_log;
}

}  // namespace

RunResult run_travel(const TravelRequest& request,
                     Progress& progress,
                     const RunEventSink& events,
                     const RunOptions& options) {
  throw_request_problems(validate_request(request));
  Manifest manifest;
  manifest.request = settled(request);
  if (const auto note = place_stages_by_sound(manifest.request)) {
    tell_note(*note, events);
  }
  check_soundtrack(manifest.request, events);
  manifest.pictures = stage_pictures(options.pictures);
  const RunFolder folder = RunFolder::create(request.out, options.reserve);
  const RunStore store(options.store);
  std::unique_ptr<Travel> travel;
  std::optional<RunWorker> worker;
  try {
    TravelOptions opening;
    opening.store = &store.get();
    opening.sketches = options.sketches;
    travel = Travel::open(manifest.request, progress, opening);
    fill_manifest(manifest, *travel);
    worker.emplace(folder, manifest);
  } catch (...) {
    folder.discard_if_empty();
    throw;
  }
  tell_notes(*travel, events);
  events({RunEvent::Kind::Folder, "", folder.path(), 0});
  return draw_and_assemble(folder, manifest, *worker, *travel, store.get(), progress, events);
}

RunResult resume_travel(const fs::path& path,
                        const ResumeOptions& options,
                        Progress& progress,
                        const RunEventSink& events) {
  const RunFolder folder = RunFolder::open(path);
  Manifest manifest = read_manifest(folder.manifest_path());
  check_same_soundtrack(manifest, "resume");
  folder.remove_leftovers();
  const bool complete = has_everything(folder, manifest, progress);
  if (complete && !options.model) {
    events({RunEvent::Kind::Folder, "", folder.path(), 0});
    return make_film_again(folder, manifest, progress, events);
  }
  const RunStore store(options.store);
  const std::unique_ptr<Travel> travel =
      open_again(folder, manifest, options, store.get(), progress, events);
  keep_model_path(folder, manifest, options);
  events({RunEvent::Kind::Folder, "", folder.path(), 0});
  if (complete) {
    return make_film_again(folder, manifest, progress, events);
  }
  RunWorker worker(folder, manifest);
  return draw_and_assemble(folder, manifest, worker, *travel, store.get(), progress, events);
}

void draw_frames(const fs::path& path,
                 const FrameRange& range,
                 const ResumeOptions& options,
                 Progress& progress,
                 const RunEventSink& events) {
  const RunFolder folder = RunFolder::open(path);
  Manifest manifest = read_manifest(folder.manifest_path());
  if (range.begin < 0 || range.end > manifest.frames || range.begin >= range.end) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"frames", std::to_string(range.begin) + ":" + std::to_string(range.end) +
                                      ", expected a part of the run's frames 0:" +
                                      std::to_string(manifest.frames)});
  }
  const RunStore store(options.store);
  const std::unique_ptr<Travel> travel =
      open_again(folder, manifest, options, store.get(), progress, events);
  keep_model_path(folder, manifest, options);
  if (has_everything(folder, manifest, progress)) {
    return;
  }
  RunWorker worker(folder, manifest);
  try {
    settle_pace(folder, manifest, *travel, store.get(), progress, events);
    RunDrawing(folder, manifest, *travel, progress, events).draw(range);
  } catch (...) {
    throw left_with(worker);
  }
}

}  // namespace ptravel
