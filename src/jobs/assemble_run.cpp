#include "jobs/assemble_run.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <thread>
#include <vector>

#include "base/profile_scope.h"
#include "base/text.h"
#include "jobs/finished_video.h"
#include "jobs/run_frames.h"
#include "jobs/run_sound.h"
#include "media/video_names.h"
#include "ptravel/error.h"
#include "ptravel/models_folders.h"
#include "request/frame_settings.h"
#include "request/sound_stages.h"
#include "travel/assemble.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLook{100};
constexpr double kMostFps = 1000;

fs::path video_in_folder(const RunFolder& folder, const TravelRequest& request) {
  return folder.video_path(kVideoFormatNames.name(request.format));
}

void require_all_frames(const RunFolder& folder, const RunFrames& frames, std::int64_t count) {
  for (std::int64_t index = 0; index < count; ++index) {
    if (!frames.exists(index)) {
      throw Error(ErrorCode::InvalidArgument,
                  "[video] " + folder.path().string() + ": frame " + std::to_string(index) +
                      " of " + std::to_string(count) +
                      " is not drawn yet, expected a finished run (prompt-travel resume)");
    }
  }
}

/// The run's request with the film as it is asked for now.
TravelRequest with_settings(TravelRequest request, const VideoSettings& settings) {
  request.fps = settings.fps.value_or(request.fps > 0 ? request.fps : TravelRequest{}.fps);
  request.format = settings.format.value_or(request.format);
  request.pad = settings.pad.value_or(request.pad);
  request.hold = settings.hold.value_or(request.hold);
  request.ping_pong = settings.ping_pong.value_or(request.ping_pong);
  request.pick = settings.pick.value_or(request.pick);
  request.contact_sheet = settings.contact_sheet.value_or(request.contact_sheet);
  request.soundtrack = settings.soundtrack.value_or(request.soundtrack);
  return request;
}

/// Checks the sound of a video that is made again. A run's own soundtrack is left out of a gif,
/// with a note; one that is asked for is a problem there.
void settle_sound(TravelRequest& request,
                  const Manifest& manifest,
                  const VideoSettings& settings,
                  const RunEventSink& events) {
  if (request.soundtrack.empty()) {
    return;
  }
  if (!settings.soundtrack && request.format == VideoFormat::Gif) {
    events({RunEvent::Kind::Note,
            "note: a gif has no sound: the run's soundtrack is left out",
            {},
            0});
    request.soundtrack.clear();
    return;
  }
  std::vector<Problem> problems;
  check_sounds(request, problems);
  throw_request_problems(problems);
  if (!settings.soundtrack) {
    check_same_soundtrack(manifest, "video");
  }
  check_soundtrack(request, events);
}

/// The video in a thread of its own while `beside` is done here. When one of them fails the other
/// one ends, too.
void assemble_beside(const std::function<void()>& beside,
                     const FilmPlan& plan,
                     const std::function<Image(std::int64_t)>& frame,
                     const fs::path& video,
                     const Progress& progress) {
  Progress unseen;
  std::future<void> encoding =
      std::async(std::launch::async, [&] { assemble_video(plan, frame, video, unseen); });
  try {
    beside();
    while (encoding.wait_for(kLook) != std::future_status::ready) {
      progress.check_cancelled();
    }
  } catch (...) {
    unseen.cancel();
    encoding.wait();
    throw;
  }
  encoding.get();
}

/// The models folders that the run was begun with, and ./models.
std::vector<fs::path> folders_of_run(const Manifest& manifest) {
  std::vector<fs::path> folders = models_folders(manifest.request.models_dir);
  std::ranges::move(models_folders(""), std::back_inserter(folders));
  return folders;
}

}  // namespace

LockFile wait_for_lock(const fs::path& path, const Progress& progress) {
  while (true) {
    if (auto lock = LockFile::try_take(path)) {
      return std::move(*lock);
    }
    progress.check_cancelled();
    std::this_thread::sleep_for(kLook);
  }
}

fs::path wanted_video(const RunFolder& folder,
                      const TravelRequest& request,
                      const Manifest& manifest) {
  const bool wanted = request.fps > 0 && manifest.frames > 1;
  return wanted ? video_in_folder(folder, request) : fs::path();
}

RunResult assemble_run(const RunFolder& folder,
                       const TravelRequest& request,
                       const Manifest& manifest,
                       const fs::path& video,
                       Progress& progress,
                       const RunEventSink& events,
                       const FilmFinish& finish,
                       const std::function<void()>& beside) {
  RunResult result;
  result.folder = folder.path();
  result.frames = manifest.frames;
  const FilmPlan plan = film_plan(request, manifest.frames, manifest.stage_frames);
  const RunFrames frames(folder, manifest);
  const auto frame = [&](std::int64_t index) { return frames.read(index); };
  const bool both = beside && !video.empty() && !finish.wanted();
  if (beside && !both) {
    beside();
  }
  if (!video.empty()) {
    if (both) {
      assemble_beside(beside, plan, frame, video, progress);
    } else if (finish.wanted()) {
      assemble_finished_video(folder, plan, frame, finish, video, progress, events);
    } else {
      assemble_video(plan, frame, video, progress);
    }
    result.video = video;
    events({RunEvent::Kind::Video, "", video, 0});
  }
  if (request.contact_sheet) {
    assemble_contact_sheet(plan, frame, folder.contact_sheet_path(), progress);
    result.contact_sheet = folder.contact_sheet_path();
    events({RunEvent::Kind::ContactSheet, "", *result.contact_sheet, 0});
  }
  return result;
}

RunResult make_video(const fs::path& path,
                     const VideoSettings& settings,
                     Progress& progress,
                     const RunEventSink& events) {
  const RunFolder folder = RunFolder::open(path);
  const Manifest manifest = read_manifest(folder.manifest_path());
  TravelRequest request = with_settings(manifest.request, settings);
  if (!(request.fps > 0)) {
    throw Error(ErrorCode::InvalidArgument, Problem{"fps", "0, expected more than 0"});
  }
  settle_sound(request, manifest, settings, events);
  validate(settings.finish);
  if (request.fps * settings.finish.interpolate > kMostFps) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"interpolate", std::to_string(settings.finish.interpolate) + " times " +
                                           number_text(request.fps) +
                                           " pictures a second, expected at most 1000"});
  }
  const std::size_t stages = manifest.stage_frames.size();
  if (request.hold.size() > 1 && request.hold.size() != stages) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"hold", "has " + std::to_string(request.hold.size()) + " values for " +
                                    std::to_string(stages) + " stages, expected one or as many"});
  }
  if (held_copies(request.hold, 1) > 0 && manifest.stage_frames.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "[video] " + folder.path().string() +
                    ": its travel.json does not tell which frames are stages, expected hold 0");
  }
  require_all_frames(folder, RunFrames(folder, manifest), manifest.frames);
  for (const std::string& note : program_notes(manifest, "")) {
    events({RunEvent::Kind::Note, "note: " + note, {}, 0});
  }
  FilmFinish finish = settings.finish;
  if (finish.models_folders.empty()) {
    finish.models_folders = folders_of_run(manifest);
  }
  const fs::path video = settings.out.value_or(video_in_folder(folder, request));
  const RunEventSink notes = [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Note) {
      events(event);
    }
  };
  return assemble_run(folder, request, manifest, video, progress, notes, finish);
}

}  // namespace ptravel
