#include "farm/worker_runs.h"

#include <map>
#include <system_error>
#include <vector>

#include "base/cache_folder.h"
#include "base/files.h"
#include "base/sha256.h"
#include "farm/nats_objects.h"
#include "farm/nats_pieces.h"
#include "jobs/find_run_files.h"
#include "jobs/manifest.h"
#include "ptravel/default_model.h"
#include "ptravel/error.h"
#include "ptravel/models_folders.h"
#include "request/mask_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kManifestDepth = 8;
constexpr const char* kLock = ".worker.lock";

fs::path usual_folder() {
  const auto folder = user_cache_folder();
  return folder ? *folder / "worker" : fs::temp_directory_path() / "prompt-travel-worker";
}

/// Removes what workers left that do not live any more.
void remove_dead_scratch(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const bool ours = is_nuid(entry.path().filename().string()) && entry.is_directory(error);
    if (ours && !LockFile::is_held(entry.path() / kLock)) {
      fs::remove_all(entry.path(), error);
    }
  }
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::Corrupt, "[nats] the run " + why);
}

/// This machine's folders: those that were given, else ./models; and the default model's.
std::string own_folders(const NatsWorker& worker) {
  std::vector<fs::path> folders = models_folders(worker.drawing.models_dir.value_or(""));
  if (const auto model = find_default_model().path) {
    folders.push_back(model->parent_path());
  }
  return models_dir_of_folders(folders);
}

/// The end of a foreign file name, where it is one of a picture's.
std::string picture_ending(const std::string& name) {
  const std::string ending = fs::path(name).extension().string();
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".webp" ? ending
                                                                                        : "";
}

/// A foreign name as one of a file in a folder of ours. It may stand in frames, so it is kept where
/// it is harmless.
std::string file_name(const RunPicture& picture) {
  const std::string& name = picture.name;
  const bool harmless = !name.empty() && name.size() <= 200 && name.front() != '.' &&
                        name.find_first_of(std::string_view("/\0\n", 3)) == std::string::npos;
  return harmless ? name : "picture" + picture_ending(name);
}

/// Fetches the run's pictures; gives them as paths of its request.
void fetch_pictures(NatsClient& client,
                    const RunNames& names,
                    const fs::path& scratch,
                    Manifest& manifest) {
  std::vector<std::string> masks;
  std::size_t number = 0;
  for (const RunPicture& picture : run_pictures(manifest)) {
    if (!is_sha256(picture.sha256)) {
      refuse("names a picture without a sha256");
    }
    const FetchedObject object = get_object(client, names, "file-" + picture.sha256, kPictureLimit);
    if (!object.problem.empty() || sha256_of(object.bytes) != picture.sha256) {
      refuse("has no such picture at the server: " + picture.role + " " + picture.sha256);
    }
    // A folder for each, since two masks may have one name.
    const fs::path folder = scratch / ("picture-" + std::to_string(number++));
    create_folders(folder);
    const fs::path path = folder / file_name(picture);
    write_file_atomic(path, object.bytes);
    if (picture.role == "mask") {
      masks.push_back(path.string());
    } else {
      manifest.request.init_image = path.string();
    }
  }
  manifest.request.mask = masks_of_files(masks);
}

/// Puts this machine's paths in place of foreign ones.
void settle_paths(Manifest& manifest, const NatsWorker& worker, Progress& progress) {
  TravelRequest& request = manifest.request;
  const TravelRequest none;
  request.models_dir = own_folders(worker);
  request.model = "";
  // By its hash, or a name of the models folders; a path only where somebody else made the run.
  request.vae = manifest.vae_sha256.empty() && request.vae != "none"
                    ? ""
                    : fs::path(request.vae).filename().string();
  request.schedule_file = none.schedule_file;
  request.styles_file = none.styles_file;
  request.wildcards_dir = none.wildcards_dir;
  request.soundtrack = none.soundtrack;
  request.beats = none.beats;
  request.out = none.out;
  manifest.pictures.clear();
  if (worker.drawing.device) {
    request.device = *worker.drawing.device;
  } else {
    request.device = none.device;
  }
  request.threads = worker.drawing.threads.value_or(none.threads);
  request.low_memory = worker.drawing.low_memory.value_or(none.low_memory);
  find_run_files(manifest, request, ModelPath::Recorded, progress);
}

}  // namespace

WorkerScratch::WorkerScratch(const fs::path& folder) {
  const fs::path all = folder.empty() ? usual_folder() : fs::absolute(folder);
  create_folders(all);
  remove_dead_scratch(all);
  path_ = all / new_nuid();
  create_folders(path_);
  lock_ = LockFile::take(path_ / kLock);
}

WorkerScratch::~WorkerScratch() {
  std::error_code ignored;
  lock_.reset();
  fs::remove_all(path_, ignored);
}

fs::path fetch_run(NatsClient& client,
                   const Announcement& announcement,
                   const NatsWorker& worker,
                   const fs::path& scratch,
                   Progress& progress) {
  const RunNames names(announcement.run);
  const FetchedObject object = get_object(client, names, "travel.json", kManifestLimit);
  if (!object.problem.empty()) {
    refuse("has no travel.json at the server: it " + object.problem);
  }
  if (sha256_of(object.bytes) != announcement.manifest_sha256) {
    refuse("has another travel.json than was announced");
  }
  if (!nests_at_most(object.bytes, kManifestDepth)) {
    refuse("has a travel.json that nests more than " + std::to_string(kManifestDepth) + " deep");
  }
  const fs::path folder = scratch / "run";
  create_folders(folder);
  const fs::path path = folder / "travel.json";
  write_file_atomic(path, object.bytes);
  Manifest manifest = read_manifest(path);
  if (manifest.frames != announcement.frames ||
      manifest.model_sha256 != announcement.model_sha256) {
    refuse("has another film or model than was announced");
  }
  fetch_pictures(client, names, scratch, manifest);
  settle_paths(manifest, worker, progress);
  throw_request_problems(validate_request(manifest.request));
  write_manifest(path, manifest);
  return folder;
}

}  // namespace ptravel
