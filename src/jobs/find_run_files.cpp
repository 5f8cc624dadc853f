#include "jobs/find_run_files.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/find_by_hash.h"
#include "ptravel/error.h"
#include "ptravel/models_folders.h"
#include "request/mask_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

const FileIdentity* recorded(const Manifest& manifest,
                             const std::string& role,
                             const std::string& sha256) {
  const auto found = std::ranges::find_if(manifest.files, [&](const FileIdentity& file) {
    return file.role == role && (sha256.empty() || file.sha256 == sha256);
  });
  return found == manifest.files.end() ? nullptr : &*found;
}

/// Looks for files of one run.
class Search {
 public:
  Search(const Manifest& manifest, const TravelRequest& request, Progress& progress)
      : manifest_(manifest),
        folders_(models_folders(request.models_dir)),
        check_([&progress] { progress.check_cancelled(); }) {
    progress.begin("looking for the run's files", "", 0);
  }

  std::string model(const std::string& path) const {
    const std::string& sha256 = manifest_.model_sha256;
    if (has_hash(path, sha256, check_)) {
      return path;
    }
    return found_or(path, find_model_by_hash(folders_, {sha256, manifest_.model_name}, check_),
                    "model", sha256);
  }

  std::string vae(const std::string& path) const {
    const std::string& sha256 = manifest_.vae_sha256;
    if (sha256.empty() || has_hash(path, sha256, check_)) {
      return path;
    }
    const FileIdentity* const file = recorded(manifest_, "vae", sha256);
    const auto found =
        find_vae_by_hash(folders_, {sha256, file == nullptr ? "" : file->name}, check_);
    // Else it may lie beside the model, or bear a name; opening the model says what is wrong.
    return found ? found->string() : path;
  }

  /// `role`: of a picture; `number`: which one of that role.
  std::string picture(const std::string& path, const std::string& role, std::size_t number) const {
    const FileIdentity* const file = nth(role, number);
    if (path.empty() || file == nullptr || has_hash(path, file->sha256, check_)) {
      return path;
    }
    return found_or(path, find_named_by_hash(folders_, {file->sha256, file->name}, check_), role,
                    file->sha256);
  }

 private:
  const FileIdentity* nth(const std::string& role, std::size_t number) const {
    for (const FileIdentity& file : manifest_.files) {
      if (file.role == role && number-- == 0) {
        return &file;
      }
    }
    return nullptr;
  }

  /// What was found; else the path, whose other file is told with both hashes when all are
  /// compared.
  std::string found_or(const std::string& path,
                       const std::optional<fs::path>& found,
                       const std::string& role,
                       const std::string& sha256) const {
    std::error_code error;
    if (found || fs::exists(path, error)) {
      return found ? found->string() : path;
    }
    std::string places;
    for (const fs::path& folder : folders_) {
      places += (places.empty() ? "" : ", ") + folder.string();
    }
    throw Error(ErrorCode::NotFound,
                "[run files] " + role + ": " + (path.empty() ? "" : path + " is not there, and ") +
                    "nothing with sha256 " + sha256 + " in the models folders (" +
                    (places.empty() ? "none" : places) + "), expected --model or --models-dir");
  }

  const Manifest& manifest_;
  std::vector<fs::path> folders_;
  std::function<void()> check_;
};

}  // namespace

void find_run_files(const Manifest& manifest,
                    TravelRequest& request,
                    ModelPath model,
                    Progress& progress) {
  const Search search(manifest, request, progress);
  if (model == ModelPath::Recorded) {
    request.model = search.model(request.model);
  }
  request.vae = search.vae(request.vae);
  request.init_image = search.picture(request.init_image, "init picture", 0);
  std::vector<std::string> masks = mask_files(request);
  for (std::size_t i = 0; i < masks.size(); ++i) {
    masks[i] = search.picture(masks[i], "mask", i);
  }
  request.mask = masks_of_files(masks);
}

void take_recorded_names(const Manifest& manifest, ModelIdentity& identity) {
  identity.name = manifest.model_name;
  if (const auto* const vae = recorded(manifest, "vae", manifest.vae_sha256);
      vae != nullptr && !manifest.vae_sha256.empty()) {
    identity.vae_name = vae->name;
  }
  if (const auto* const picture = recorded(manifest, "init picture", "")) {
    identity.init_image_name = picture->name;
  }
}

}  // namespace ptravel
