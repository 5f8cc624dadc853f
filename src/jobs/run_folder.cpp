#include "jobs/run_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/atomic_file.h"
#include "base/file_system.h"
#include "base/files.h"
#include "base/text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

std::string numbered(std::int64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%05lld", static_cast<long long>(number));
  return text;
}

/// One more than the largest purely numeric folder name; 0 when there is none.
std::int64_t next_number(const fs::path& parent) {
  std::int64_t next = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent)) {
    const std::string name = entry.path().filename().string();
    const bool digits = name.find_first_not_of("0123456789") == std::string::npos;
    if (digits && name.size() <= 15) {
      next = std::max(next, parse_integer(name).value_or(0) + 1);
    }
  }
  return next;
}

}  // namespace

std::string frame_file_name(std::int64_t index) { return numbered(index) + ".png"; }

RunFolder RunFolder::create(const fs::path& out, const Reserve& reserve) {
  const fs::path parent = out / "prompt_travel";
  create_folders(parent);
  for (std::int64_t number = next_number(parent);; ++number) {
    const fs::path folder = parent / numbered(number);
    if (reserve) {
      reserve(folder);
    }
    if (file_system().make_folder(folder) == 0) {
      sync_folder(parent);
      return RunFolder(folder);
    }
    if (errno != EEXIST) {
      throw_errno("create folder", folder);
    }
  }
}

RunFolder RunFolder::open(const fs::path& folder) {
  const fs::path path = folder.has_filename() ? folder : folder.parent_path();
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    const std::string reason = error ? error.message() : "is not a folder";
    throw Error(ErrorCode::NotFound,
                "[run folder] " + path.string() + ": " + reason +
                    ", expected a run folder such as outputs/prompt_travel/00000");
  }
  return RunFolder(path);
}

fs::path RunFolder::frame_path(std::int64_t index) const { return path_ / frame_file_name(index); }

fs::path RunFolder::video_path(std::string_view extension) const {
  const fs::path name = fs::absolute(path_).lexically_normal().filename();
  return path_ / ("travel-" + name.string() + "." + std::string(extension));
}

void RunFolder::remove_leftovers() const { remove_dead_files(path_); }

void RunFolder::discard_if_empty() const {
  file_system().remove_folder(path_);  // fails quietly when anything is inside
}

fs::path RunFolder::unit_lock(std::int64_t first_frame) const {
  return path_ / (".unit-" + numbered(first_frame) + ".lock");
}

}  // namespace ptravel
