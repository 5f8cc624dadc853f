#include "pipeline/find_by_hash.h"

#include <algorithm>
#include <system_error>

#include "checkpoint/models_folder.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 1'000'000;

std::optional<fs::path> first_with_hash(std::vector<fs::path> candidates,
                                        const WantedFile& wanted,
                                        const std::function<void()>& check) {
  std::ranges::stable_partition(candidates, [&](const fs::path& path) {
    return path.filename() == wanted.name || path.stem() == wanted.name;
  });
  const auto found = std::ranges::find_if(
      candidates, [&](const fs::path& path) { return has_hash(path, wanted.sha256, check); });
  return found == candidates.end() ? std::nullopt : std::optional(*found);
}

std::vector<fs::path> paths_of_kind(const std::vector<fs::path>& folders, FileKind kind) {
  std::vector<fs::path> paths;
  for (const FoundFile& file : find_models(folders)) {
    if (file.kind == kind) {
      paths.push_back(file.path);
    }
  }
  return paths;
}

}  // namespace

bool has_hash(const fs::path& path, const std::string& sha256, const std::function<void()>& check) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return false;
  }
  try {
    return file_sha256(model_hash_file(path), check) == sha256;
  } catch (const Error& failure) {
    if (failure.code() == ErrorCode::Cancelled) {
      throw;
    }
    return false;  // It cannot be read, so it is not what is wanted.
  }
}

std::optional<fs::path> find_model_by_hash(const std::vector<fs::path>& folders,
                                           const WantedFile& wanted,
                                           const std::function<void()>& check) {
  return first_with_hash(paths_of_kind(folders, FileKind::Model), wanted, check);
}

std::optional<fs::path> find_vae_by_hash(const std::vector<fs::path>& folders,
                                         const WantedFile& wanted,
                                         const std::function<void()>& check) {
  return first_with_hash(paths_of_kind(folders, FileKind::Vae), wanted, check);
}

std::optional<fs::path> find_named_by_hash(const std::vector<fs::path>& folders,
                                           const WantedFile& wanted,
                                           const std::function<void()>& check) {
  std::vector<fs::path> candidates;
  std::size_t seen = 0;
  for (const fs::path& folder : folders) {
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator entry(folder, options, error), end;
         !error && entry != end && seen < kMostEntries; entry.increment(error)) {
      ++seen;
      if (entry->path().filename() == wanted.name && entry->is_regular_file(error)) {
        candidates.push_back(entry->path());
      }
    }
  }
  std::ranges::sort(candidates);
  return first_with_hash(std::move(candidates), wanted, check);
}

}  // namespace ptravel
