#include "jobs/run_pace.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <filesystem>
#include <map>
#include <vector>

#include "base/file_system.h"
#include "base/files.h"
#include "base/profile_scope.h"
#include "base/text.h"
#include "jobs/assemble_run.h"
#include "jobs/folder_sink.h"
#include "jobs/run_worker.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "request/frame_places.h"
#include "request/frame_settings.h"
#include "request/request_names.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// "00000-3fe0000000000000.png": the stage, and all bits of alpha; on a bridge its steps follow.
fs::path picture_path(const RunFolder& folder, const PicturePlace& place) {
  char name[64];
  std::snprintf(name, sizeof name, "%05lld-%016llx", static_cast<long long>(place.stage),
                static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(place.alpha)));
  const std::string bridge =
      place.bridge_steps == 0 ? "" : "-" + std::to_string(place.bridge_steps);
  return folder.pace_path() / (name + bridge + ".png");
}

/// A whole picture of the run's size, or nothing.
std::optional<PlacePicture> read_picture(const fs::path& path, const TravelRequest& request) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return std::nullopt;
  }
  try {
    LoadedImage loaded = read_image(path);
    const bool whole = loaded.note.empty() && loaded.image.width == request.width &&
                       loaded.image.height == request.height;
    return whole ? std::optional(PlacePicture{std::move(loaded.image), std::move(loaded.latent)})
                 : std::nullopt;
  } catch (const Error& failure) {
    if (failure.code() == ErrorCode::Corrupt || failure.code() == ErrorCode::Unsupported) {
      return std::nullopt;  // It is drawn again.
    }
    throw;
  }
}

/// Pictures in the run's own folder for them.
class FolderPictures : public PlacePictures {
 public:
  FolderPictures(const RunFolder& folder, const TravelRequest& request)
      : folder_(folder), request_(request) {
    create_folders(folder.pace_path());
  }

  std::optional<PlacePicture> find(const PicturePlace& place) override {
    const auto profile = ProfileScope::part("reading pictures");
    return read_picture(picture_path(folder_, place), request_);
  }
  void keep(const PicturePlace& place, const PlacePicture& picture) override {
    const auto profile = ProfileScope::part("saving frames");
    write_png(picture_path(folder_, place), picture.image, {}, picture.latent);
  }

 private:
  const RunFolder& folder_;
  const TravelRequest& request_;
};

PaceResult find_pace(const RunFolder& folder,
                     const Manifest& manifest,
                     Travel& travel,
                     ModelStore& store,
                     Progress& progress,
                     const RunEventSink& events) {
  FolderPictures pictures(folder, manifest.request);
  FolderSink sink(folder, events);
  if (manifest.request.pace == Pace::Even) {
    return travel.find_pace(pictures, sink, progress);
  }
  TravelOptions opening;
  opening.store = &store;
  const std::unique_ptr<Travel> preview =
      Travel::open(pace_preview_request(travel.request()), progress, opening);
  FilesNobodyWants nobody;
  // Then the frames are drawn, each with more steps than a preview.
  progress.set_following(static_cast<double>(manifest.frames) * travel.request().steps /
                         preview->request().steps);
  PaceResult found = preview->find_pace(pictures, nobody, progress);
  progress.set_following(0);
  return found;
}

std::string times_text(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f times", ratio);
  return text;
}

/// As fine as steps of a pace are.
std::string alpha_text(double alpha) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", alpha);
  return text;
}

/// How many of the film's frames lie on a bridge.
std::size_t frames_on(const FilmBridge& bridge, const FilmPace& pace) {
  const std::vector<double>& alphas = pace.alphas.at(static_cast<std::size_t>(bridge.stage));
  return static_cast<std::size_t>(std::ranges::count_if(
      alphas, [&](double alpha) { return bridge.from_alpha < alpha && alpha < bridge.to_alpha; }));
}

void tell(const PaceResult& result, const RunEventSink& events) {
  const auto note = [&](const std::string& text) {
    events({RunEvent::Kind::Note, "note: " + text, {}, 0});
  };
  note("the pace was chosen among " + std::to_string(result.pictures) +
       " pictures: the largest step is " + times_text(result.largest_over_median) + " the median");
  std::map<std::int64_t, std::string> alphas;  // by stage
  for (const FilmBridge& bridge : result.pace.bridges) {
    note("between stages " + std::to_string(bridge.stage + 1) + " and " +
         std::to_string(bridge.stage + 2) + " the picture jumps between alpha " +
         alpha_text(bridge.from_alpha) + " and " + alpha_text(bridge.to_alpha) + ": " +
         std::to_string(frames_on(bridge, result.pace)) +
         " frames lead across, which mix the first " + std::to_string(bridge.steps) +
         " sampling steps of both sides");
  }
  for (const TravelJump& jump : result.jumps) {
    std::string& text = alphas[jump.stage];
    text += (text.empty() ? "" : ", ") + alpha_text(jump.from_alpha);
  }
  for (const auto& [stage, text] : alphas) {
    note("between stages " + std::to_string(stage + 1) + " and " + std::to_string(stage + 2) +
         " the picture jumps at alpha " + text + ": no frame lies between");
  }
}

}  // namespace

void settle_pace(const RunFolder& folder,
                 Manifest& manifest,
                 Travel& travel,
                 ModelStore& store,
                 Progress& progress,
                 const RunEventSink& events) {
  if (!is_paced(manifest.request) || manifest.frames < 2) {
    return;
  }
  if (!manifest.pace) {
    const LockFile lock = wait_for_lock(folder.pace_lock(), progress);
    manifest.pace = read_manifest(folder.manifest_path()).pace;
    if (!manifest.pace) {
      PaceResult found = find_pace(folder, manifest, travel, store, progress, events);
      travel.set_pace(found.pace);
      update_manifest(folder, manifest, [&](Manifest& on_disk) {
        on_disk.pace = found;
        on_disk.stage_frames = travel.stage_frames();
      });
      tell(found, events);
      return;
    }
  }
  take_places(folder.manifest_path(), manifest, travel);
}

void take_places(const fs::path& path, const Manifest& manifest, Travel& travel) {
  try {
    travel.set_pace(manifest.pace->pace);
  } catch (const Error& error) {
    throw Error(ErrorCode::Corrupt, "[manifest] " + path.string() + ": " + error.what());
  }
}

std::optional<PlacePicture> paced_picture(const RunFolder& folder,
                                          const Manifest& manifest,
                                          const PicturePlace& place) {
  return manifest.request.pace == Pace::Even
             ? read_picture(picture_path(folder, place), manifest.request)
             : std::nullopt;
}

void tell_prediction(const Manifest& manifest,
                     const MotionReport& report,
                     const RunEventSink& events) {
  if (manifest.request.pace != Pace::Preview || !manifest.pace) {
    return;
  }
  const std::string_view name = kPaceByNames.name(manifest.request.pace_by);
  for (const MotionMeasure& measure : report.measures) {
    if (measure.name == name) {
      events({RunEvent::Kind::Note,
              "note: the previews predicted a largest step of " +
                  times_text(manifest.pace->largest_over_median) + " the median; drawn with " +
                  std::to_string(manifest.request.steps) + " sampling steps it is " +
                  times_text(measure.evenness.largest_over_median),
              {},
              0});
    }
  }
}

void remove_pace_pictures(const RunFolder& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.pace_path(), error)) {
    file_system().remove(entry.path());
  }
  file_system().remove_folder(folder.pace_path());
}

}  // namespace ptravel
