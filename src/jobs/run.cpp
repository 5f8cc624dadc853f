#include <filesystem>
#include <memory>
#include <optional>

#include "jobs/manifest.h"
#include "jobs/run_drawing.h"
#include "jobs/run_ending.h"
#include "jobs/run_folder.h"
#include "jobs/run_opening.h"
#include "jobs/run_pace.h"
#include "jobs/run_sound.h"
#include "jobs/run_worker.h"
#include "ptravel/jobs.h"
#include "ptravel/travel.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// Draws what is missing, makes video and contact sheet and brings the run to its end; when
/// something fails the run's state says so.
RunResult draw_and_end(const RunFolder& folder,
                       Manifest& manifest,
                       RunWorker& worker,
                       Travel& travel,
                       ModelStore& store,
                       Progress& progress,
                       const RunEventSink& events) {
  try {
    settle_pace(folder, manifest, travel, store, progress, events);
    RunDrawing(folder, manifest, travel, progress, events).draw();
    return end_run(folder, manifest, worker, &travel, progress, events);
  } catch (...) {
    throw left_with(worker);
  }
}

}  // namespace

RunResult run_travel(const TravelRequest& request,
                     Progress& progress,
                     const RunEventSink& events,
                     const RunOptions& options) {
  const RunStore store(options.store);
  NewRun run = open_new_run(request, options, store.get(), progress, events);
  RunWorker worker = begin_run(run);
  events({RunEvent::Kind::Folder, "", run.folder.path(), 0});
  return draw_and_end(run.folder, run.manifest, worker, *run.travel, store.get(), progress, events);
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
      open_again(folder, manifest, options, store.get(), "resume", progress, events);
  keep_model_path(folder, manifest, options);
  events({RunEvent::Kind::Folder, "", folder.path(), 0});
  if (complete) {
    return make_film_again(folder, manifest, progress, events);
  }
  RunWorker worker(folder, manifest);
  return draw_and_end(folder, manifest, worker, *travel, store.get(), progress, events);
}

}  // namespace ptravel
