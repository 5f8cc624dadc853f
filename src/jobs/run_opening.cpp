#include "jobs/run_opening.h"

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/find_run_files.h"
#include "jobs/run_sound.h"
#include "jobs/same_files.h"
#include "jobs/stage_pictures.h"
#include "ptravel/error.h"
#include "ptravel/models_folders.h"
#include "request/mask_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

std::string absolute_or_empty(const std::string& path) {
  return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

std::string absolute_folders(const std::string& models_dir) {
  return models_dir_of_folders(models_folders(models_dir));
}

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

void tell_notes(const Travel& travel, const RunEventSink& events) {
  for (const std::string& note : travel.notes()) {
    tell_note(note, events);
  }
}

/// Throws unless what computes here is what began the run: in 16 bits other kernels' frames differ
/// visibly from those that are there.
void check_same_kernels(const Manifest& manifest,
                        const ModelIdentity& identity,
                        std::string_view operation) {
  if (manifest.request.precision == Precision::Fp32 || manifest.kernels.empty() ||
      same_kernels(manifest.kernels, identity.kernels)) {
    return;
  }
  throw Error(ErrorCode::Unsupported,
              "[" + std::string(operation) + "] kernels: the run was begun in " +
                  request_field_text(manifest.request, "precision") + " with " + manifest.kernels +
                  ", this machine computes with " + identity.kernels +
                  ": frames would differ, expected the same (--kernels), or "
                  "--allow-other-kernels");
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

}  // namespace

void tell_note(const std::string& note, const RunEventSink& events) {
  events({RunEvent::Kind::Note, "note: " + note, {}, 0});
}

NewRun open_new_run(const TravelRequest& request,
                    const RunOptions& options,
                    ModelStore& store,
                    Progress& progress,
                    const RunEventSink& events) {
  throw_request_problems(validate_request(request));
  Manifest manifest;
  manifest.request = settled(request);
  if (const auto note = place_stages_by_sound(manifest.request)) {
    tell_note(*note, events);
  }
  check_soundtrack(manifest.request, events);
  manifest.pictures = stage_pictures(options.pictures);
  const RunFolder folder = RunFolder::create(request.out, options.reserve);
  try {
    TravelOptions opening;
    opening.store = &store;
    opening.sketches = options.sketches;
    std::unique_ptr<Travel> travel = Travel::open(manifest.request, progress, opening);
    fill_manifest(manifest, *travel);
    tell_notes(*travel, events);
    return {folder, std::move(manifest), std::move(travel)};
  } catch (...) {
    folder.discard_if_empty();
    throw;
  }
}

RunWorker begin_run(NewRun& run) {
  try {
    return {run.folder, run.manifest};
  } catch (...) {
    run.folder.discard_if_empty();
    throw;
  }
}

std::unique_ptr<Travel> open_again(const RunFolder& folder,
                                   const Manifest& manifest,
                                   const ResumeOptions& options,
                                   ModelStore& store,
                                   std::string_view operation,
                                   Progress& progress,
                                   const RunEventSink& events) {
  TravelRequest request = manifest.request;
  request.device = options.device.value_or(request.device);
  request.threads = options.threads.value_or(request.threads);
  request.low_memory = options.low_memory.value_or(request.low_memory);
  request.model = options.model ? absolute_or_empty(*options.model) : request.model;
  request.models_dir =
      options.models_dir ? absolute_folders(*options.models_dir) : request.models_dir;
  find_run_files(manifest, request, options.model ? ModelPath::Given : ModelPath::Recorded,
                 progress);
  TravelOptions opening;
  opening.store = &store;
  opening.sketches = options.sketches;
  opening.check_model = [&](ModelIdentity& identity) {
    check_same_files(manifest, identity, operation);
    take_recorded_names(manifest, identity);
    if (!options.allow_other_kernels) {
      check_same_kernels(manifest, identity, operation);
    }
    for (const std::string& note : program_notes(manifest, identity.kernels)) {
      tell_note(note, events);
    }
  };
  std::unique_ptr<Travel> travel = Travel::open(request, progress, opening);
  if (manifest.frames != travel->frame_count()) {
    throw Error(ErrorCode::Corrupt,
                "[" + std::string(operation) + "] " + folder.manifest_path().string() + ": has " +
                    std::to_string(manifest.frames) + " frames, its request makes " +
                    std::to_string(travel->frame_count()));
  }
  tell_notes(*travel, events);
  return travel;
}

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

}  // namespace ptravel
