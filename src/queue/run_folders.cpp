#include "queue/run_folders.h"

#include <cerrno>
#include <system_error>

#include "base/atomic_file.h"
#include "base/file_system.h"
#include "base/files.h"
#include "base/text.h"
#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/error.h"
#include "request/mask_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 15;
constexpr std::string_view kPutAway = ".trash-";

bool is_run_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName &&
         name.find_first_not_of("0123456789") == std::string::npos;
}

/// Removes a file or a folder with all that is in it; a link itself, never what it leads to.
bool remove_tree(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return true;
  }
  if (!fs::is_directory(status)) {
    return file_system().remove(path) == 0;
  }
  bool all = true;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    all = remove_tree(entry.path()) && all;
  }
  return all && !error && file_system().remove_folder(path) == 0;
}

/// Whether a run's settled request is what became of the one that was asked for.
bool is_same_run(const TravelRequest& asked, const TravelRequest& settled) {
  TravelRequest expected = asked;
  expected.out = settled.out;
  expected.width = asked.width > 0 ? asked.width : settled.width;
  expected.height = asked.height > 0 ? asked.height : settled.height;
  expected.precision = settled.precision;
  expected.threads = settled.threads;
  const auto absolute = [](std::string& file) {
    file = file.empty() || file == "none" ? file : fs::absolute(file).lexically_normal().string();
  };
  absolute(expected.model);
  absolute(expected.vae);
  absolute(expected.init_image);
  std::vector<std::string> masks = mask_files(expected);
  for (std::string& mask : masks) {
    absolute(mask);
  }
  expected.mask = masks_of_files(masks);
  return expected == settled;
}

}  // namespace

fs::path RunFolders::path(const std::string& name) const {
  if (!is_run_name(name)) {
    throw Error(ErrorCode::NotFound, "[queue] the job has no run folder yet");
  }
  return parent_ / name;
}

FrameRanges RunFolders::frames(const std::string& name, std::int64_t total) const {
  FrameRanges found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path(name), error)) {
    const auto index = parse_integer(entry.path().stem().string());
    if (index && *index >= 0 && *index < total &&
        entry.path().filename() == frame_file_name(*index)) {
      found.add(*index);
    }
  }
  return found;
}

std::optional<fs::path> RunFolders::begun(const JobRecord& job, const std::string& reserved) const {
  const std::string name = job.folder.empty() ? reserved : job.folder;
  std::error_code error;
  if (!is_run_name(name) || !fs::is_directory(path(name), error)) {
    return std::nullopt;
  }
  const RunFolder folder = RunFolder::open(path(name));
  if (!fs::exists(folder.manifest_path(), error)) {
    folder.remove_leftovers();
    folder.discard_if_empty();
    return std::nullopt;
  }
  if (job.folder.empty() &&
      !is_same_run(job.request, read_manifest(folder.manifest_path()).request)) {
    return std::nullopt;  // Another program took the place that was reserved.
  }
  return folder.path();
}

bool RunFolders::is_worked_on(const std::string& name) const {
  std::error_code error;
  return is_run_name(name) && fs::is_directory(path(name), error) &&
         RunFolder::open(path(name)).is_worked_on();
}

fs::path RunFolders::put_away_path(const std::string& id) const {
  return parent_ / (std::string(kPutAway) + id);
}

void RunFolders::put_away(const std::string& name, const std::string& id) const {
  std::error_code error;
  const fs::path target = put_away_path(id);
  const bool done = fs::exists(fs::symlink_status(target, error));
  if (!is_run_name(name) || done || !fs::exists(fs::symlink_status(path(name), error))) {
    return;
  }
  if (file_system().rename(path(name), target) != 0) {
    throw_errno("rename", path(name));
  }
  sync_folder(parent_);
}

bool RunFolders::remove(const std::string& id) const { return remove_tree(put_away_path(id)); }

std::set<std::string> RunFolders::put_away_ids() const {
  std::set<std::string> ids;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPutAway)) {
      ids.insert(name.substr(kPutAway.size()));
    }
  }
  return ids;
}

}  // namespace ptravel
