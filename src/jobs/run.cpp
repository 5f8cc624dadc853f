#include <filesystem>

#include "base/files.h"
#include "base/profile_scope.h"
#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "media/video_names.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/travel.h"
#include "travel/assemble.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWalkLogLimit = std::uint64_t{256} << 20;

std::string absolute_or_empty(const std::string& path) {
  return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

/// What must not depend on chance or on the working folder when the run goes on later.
TravelRequest settled(TravelRequest request) {
  draw_seeds(request);
  request.model = absolute_or_empty(request.model);
  if (request.vae != "none") {
    request.vae = absolute_or_empty(request.vae);
  }
  request.init_image = absolute_or_empty(request.init_image);
  return request;
}

/// Saves each frame into the run folder under its number.
class FolderSink : public FrameSink {
 public:
  FolderSink(const RunFolder& folder, const RunEventSink& events)
      : folder_(folder), events_(events) {}
  void begin(std::int64_t) override {}
  void add(const RenderedFrame& frame) override {
    const auto profile = ProfileScope::part("saving frames");
    const fs::path path = folder_.frame_path(frame.index);
    const ImageText text{"parameters", frame.parameters};
    write_png(path, frame.image, {&text, 1});
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
  const RunEventSink& events_;
};

Image read_frame(const RunFolder& folder, std::int64_t index) {
  const auto profile = ProfileScope::part("reading pictures");
  return read_image(folder.frame_path(index)).image;
}

/// Makes what `request` asks for of the finished frames: the video as `video` (none when that is
/// empty) and the contact sheet.
RunResult assemble(const RunFolder& folder,
                   const TravelRequest& request,
                   const Manifest& manifest,
                   const fs::path& video,
                   Progress& progress) {
  RunResult result;
  result.folder = folder.path();
  result.frames = manifest.frames;
  const FilmPlan plan = film_plan(request, manifest.frames, manifest.stage_frames);
  const auto frame = [&](std::int64_t index) { return read_frame(folder, index); };
  if (!video.empty()) {
    assemble_video(plan, frame, video, progress);
    result.video = video;
  }
  if (request.contact_sheet) {
    assemble_contact_sheet(plan, frame, folder.contact_sheet_path(), progress);
    result.contact_sheet = folder.contact_sheet_path();
  }
  return result;
}

fs::path video_in_folder(const RunFolder& folder, const TravelRequest& request) {
  return folder.video_path(kVideoFormatNames.name(request.format));
}

/// Draws what is missing, makes video and contact sheet and brings the manifest to its end.
RunResult draw_and_assemble(const RunFolder& folder,
                            Manifest& manifest,
                            Travel& travel,
                            Progress& progress,
                            const RunEventSink& events) {
  FolderSink sink(folder, events);
  FrameSelection selection;
  selection.wanted = [&](std::int64_t index) { return !fs::exists(folder.frame_path(index)); };
  selection.finished = [&](std::int64_t index) { return read_frame(folder, index); };
  const fs::path walk_log = folder.path() / "walk.json";
  if (fs::exists(walk_log) && fs::file_size(walk_log) <= kWalkLogLimit) {
    selection.walk_log = read_file(walk_log, kWalkLogLimit);
  }
  travel.render(selection, sink, progress);
  const TravelRequest& request = manifest.request;
  const bool with_video = request.fps > 0 && manifest.frames > 1;
  const fs::path video = with_video ? video_in_folder(folder, request) : fs::path();
  RunResult result = assemble(folder, request, manifest, video, progress);
  if (result.video) {
    manifest.video = video.filename().string();
    events({RunEvent::Kind::Video, "", video, 0});
  }
  if (result.contact_sheet) {
    events({RunEvent::Kind::ContactSheet, "", *result.contact_sheet, 0});
  }
  manifest.state = RunState::Finished;
  manifest.error.clear();
  write_manifest(folder.manifest_path(), manifest);
  return result;
}

/// Runs `work`; when it fails, the manifest says so (as far as it can still be written).
RunResult guarded_run(const RunFolder& folder,
                      Manifest& manifest,
                      const std::function<RunResult()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    const auto* own = dynamic_cast<const Error*>(&error);
    const bool stopped = own != nullptr && own->code() == ErrorCode::Cancelled;
    manifest.state = stopped ? RunState::Stopped : RunState::Failed;
    manifest.error = stopped ? "" : error.what();
    try {
      write_manifest(folder.manifest_path(), manifest);
    } catch (const Error&) {
      // A full disk: the manifest from the start still stands, and the run can be resumed from it.
    }
    throw;
  }
}

void tell_notes(const Travel& travel, const RunEventSink& events) {
  for (const std::string& note : travel.notes()) {
    events({RunEvent::Kind::Note, "note: " + note, {}, 0});
  }
}

void fill_manifest(Manifest& manifest, const Travel& travel) {
  manifest.program_version = PTRAVEL_VERSION;
  manifest.model_name = travel.model().name;
  manifest.model_sha256 = travel.model().sha256;
  manifest.vae_sha256 = travel.model().vae_sha256;
  manifest.frames = travel.frame_count();
  manifest.stage_frames = travel.stage_frames();
  manifest.request = travel.request();
}

void check_same_model(const Manifest& manifest, const Travel& travel) {
  if (travel.model().sha256 != manifest.model_sha256 ||
      travel.model().vae_sha256 != manifest.vae_sha256) {
    throw Error(ErrorCode::InvalidArgument,
                "[resume] " + manifest.request.model +
                    ": is not the model that began this run, expected sha256 " +
                    manifest.model_sha256 +
                    (manifest.vae_sha256.empty() ? "" : " with VAE sha256 " + manifest.vae_sha256));
  }
}

}  // namespace

RunResult run_travel(const TravelRequest& request, Progress& progress, const RunEventSink& events) {
  throw_request_problems(validate_request(request));
  Manifest manifest;
  manifest.request = settled(request);
  const RunFolder folder = RunFolder::create(request.out);
  std::unique_ptr<Travel> travel;
  try {
    travel = Travel::open(manifest.request, progress);
    fill_manifest(manifest, *travel);
    write_manifest(folder.manifest_path(), manifest);
  } catch (...) {
    folder.discard_if_empty();
    throw;
  }
  tell_notes(*travel, events);
  events({RunEvent::Kind::Folder, "", folder.path(), 0});
  return guarded_run(folder, manifest, [&] {
    return draw_and_assemble(folder, manifest, *travel, progress, events);
  });
}

RunResult resume_travel(const fs::path& path,
                        const ResumeOptions& options,
                        Progress& progress,
                        const RunEventSink& events) {
  const RunFolder folder = RunFolder::open(path);
  Manifest manifest = read_manifest(folder.manifest_path());
  TravelRequest request = manifest.request;
  request.device = options.device.value_or(request.device);
  request.threads = options.threads.value_or(request.threads);
  request.model = options.model.value_or(request.model);
  events({RunEvent::Kind::Folder, "", folder.path(), 0});
  folder.remove_leftovers();
  const std::unique_ptr<Travel> travel = Travel::open(request, progress);
  check_same_model(manifest, *travel);
  if (manifest.frames != travel->frame_count()) {
    throw Error(ErrorCode::Corrupt, "[resume] " + folder.manifest_path().string() + ": has " +
                                        std::to_string(manifest.frames) +
                                        " frames, its request makes " +
                                        std::to_string(travel->frame_count()));
  }
  return guarded_run(folder, manifest, [&] {
    return draw_and_assemble(folder, manifest, *travel, progress, events);
  });
}

RunResult make_video(const fs::path& path, const VideoSettings& settings, Progress& progress) {
  const RunFolder folder = RunFolder::open(path);
  const Manifest manifest = read_manifest(folder.manifest_path());
  TravelRequest request = manifest.request;
  request.fps = settings.fps.value_or(request.fps > 0 ? request.fps : TravelRequest{}.fps);
  request.format = settings.format.value_or(request.format);
  request.pad = settings.pad.value_or(request.pad);
  request.hold = settings.hold.value_or(request.hold);
  request.ping_pong = settings.ping_pong.value_or(request.ping_pong);
  request.pick = settings.pick.value_or(request.pick);
  request.contact_sheet = settings.contact_sheet.value_or(request.contact_sheet);
  if (!(request.fps > 0)) {
    throw Error(ErrorCode::InvalidArgument, "[video] fps is 0, expected more than 0");
  }
  if (request.hold > 0 && manifest.stage_frames.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "[video] " + folder.path().string() +
                    ": its travel.json does not tell which frames are stages, expected hold 0");
  }
  for (std::int64_t index = 0; index < manifest.frames; ++index) {
    if (!fs::exists(folder.frame_path(index))) {
      throw Error(ErrorCode::InvalidArgument,
                  "[video] " + folder.path().string() + ": frame " + std::to_string(index) +
                      " of " + std::to_string(manifest.frames) +
                      " is not drawn yet, expected a finished run (prompt-travel resume)");
    }
  }
  const fs::path video = settings.out.value_or(video_in_folder(folder, request));
  return assemble(folder, request, manifest, video, progress);
}

}  // namespace ptravel
