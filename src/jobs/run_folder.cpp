#include "jobs/run_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/atomic_file.h"
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

int lock_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    const ErrorCode code =
        errno == ENOENT || errno == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Io;
    throw Error(code, "[run folder] " + folder.string() + ": " + std::strerror(errno) +
                          ", expected a run folder such as outputs/prompt_travel/00000");
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    throw Error(ErrorCode::InvalidArgument,
                "[run folder] " + folder.string() + ": another process is working on it");
  }
  return descriptor;
}

}  // namespace

std::string frame_file_name(std::int64_t index) { return numbered(index) + ".png"; }

RunFolder RunFolder::create(const fs::path& out) {
  const fs::path parent = out / "prompt_travel";
  create_folders(parent);
  std::error_code error;
  for (std::int64_t number = next_number(parent);; ++number) {
    const fs::path folder = parent / numbered(number);
    if (fs::create_directory(folder, error)) {
      return RunFolder(folder, lock_folder(folder));
    }
    if (error) {
      throw Error(ErrorCode::Io, "[create folder] " + folder.string() + ": " + error.message());
    }
  }
}

RunFolder RunFolder::open(const fs::path& folder) {
  fs::path path = folder;
  if (!path.has_filename()) {
    path = path.parent_path();
  }
  return RunFolder(path, lock_folder(path));
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) {
    ::close(lock_);
  }
}

fs::path RunFolder::frame_path(std::int64_t index) const { return path_ / frame_file_name(index); }

fs::path RunFolder::video_path(std::string_view extension) const {
  const fs::path name = fs::absolute(path_).lexically_normal().filename();
  return path_ / ("travel-" + name.string() + "." + std::string(extension));
}

void RunFolder::remove_leftovers() const { remove_dead_files(path_); }

void RunFolder::discard_if_empty() const {
  std::error_code error;
  fs::remove(path_, error);  // fails quietly when anything is inside
}

}  // namespace ptravel
