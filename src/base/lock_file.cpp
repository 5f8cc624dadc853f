#include "base/lock_file.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file_system.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

// Somebody who only looks (is_held) holds a lock for a moment, which is not that of another holder.
constexpr int kLooks = 5;
constexpr std::chrono::milliseconds kLook{1};

[[noreturn]] void fail(const fs::path& path, int number) {
  const ErrorCode code =
      number == ENOENT || number == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Io;
  throw Error(code, "[lock] " + path.string() + ": " + std::strerror(number) +
                        ", expected a folder on a file system with locks (flock)");
}

/// Whether the file that was locked is still the one of that name: its last holder may have removed
/// it between our opening and our locking.
bool is_named(int descriptor, const fs::path& path) {
  struct stat locked {};
  struct stat named {};
  return ::fstat(descriptor, &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
         locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

/// A locked descriptor, or -1 when somebody else holds it and `operation` does not wait.
int locked_file(const fs::path& path, int operation) {
  FileSystem& system = file_system();
  while (true) {
    const int descriptor = system.open(path, O_RDWR | O_CREAT);
    if (descriptor < 0) {
      fail(path, errno);
    }
    const int result = system.lock(descriptor, operation);
    const int number = errno;
    if (result == 0 && is_named(descriptor, path)) {
      return descriptor;
    }
    system.close(descriptor);
    if (result != 0 && number == EWOULDBLOCK) {
      return -1;
    }
    if (result != 0 && number != EINTR) {
      fail(path, number);
    }
  }
}

}  // namespace

std::optional<LockFile> LockFile::try_take(const fs::path& path, Kind kind) {
  const int operation = (kind == Kind::Shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  const int descriptor = locked_file(path, operation);
  if (descriptor < 0) {
    return std::nullopt;
  }
  return LockFile(path, descriptor);
}

LockFile LockFile::take(const fs::path& path, Kind kind) {
  return LockFile(path, locked_file(path, kind == Kind::Shared ? LOCK_SH : LOCK_EX));
}

bool LockFile::is_held(const fs::path& path) {
  FileSystem& system = file_system();
  const int descriptor = system.open(path, O_RDONLY);
  if (descriptor < 0) {
    return false;
  }
  const bool free = system.lock(descriptor, LOCK_EX | LOCK_NB) == 0;
  system.close(descriptor);
  return !free;
}

LockFile::LockFile(LockFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockFile::~LockFile() { release(); }

bool LockFile::release() {
  if (descriptor_ < 0) {
    return false;
  }
  FileSystem& system = file_system();
  bool last = system.lock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  for (int attempt = 0; !last && errno == EWOULDBLOCK && attempt < kLooks; ++attempt) {
    std::this_thread::sleep_for(kLook);
    last = system.lock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  }
  if (last) {
    system.remove(path_);
  }
  system.close(std::exchange(descriptor_, -1));
  return last;
}

bool is_lock_name(std::string_view name) {
  return name.starts_with(".") && name.ends_with(".lock");
}

}  // namespace ptravel
