#include "base/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/files.h"
#include "base/lock_file.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 100;

/// Whether the name of an open file was removed meanwhile.
bool lost_its_name(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && status.st_nlink == 0;
}

/// ".frame.png.1234-7.part", or ".frame.png.part" as earlier versions named them.
bool is_temporary_name(const std::string& name) {
  return name.starts_with(".") && name.ends_with(".part");
}

/// Removes a file when nobody holds a lock on it.
void remove_if_dead(const fs::path& path) {
  FileSystem& system = file_system();
  const int descriptor = system.open(path, O_RDWR);
  if (descriptor < 0) {
    return;
  }
  if (system.lock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    system.remove(path);
  }
  system.close(descriptor);
}

}  // namespace

fs::path temporary_sibling(const fs::path& path) {
  static std::atomic<std::uint64_t> counter{0};
  fs::path temporary = path;
  temporary.replace_filename("." + path.filename().string() + "." + std::to_string(::getpid()) +
                             "-" + std::to_string(counter++) + ".part");
  return temporary;
}

AtomicFile::AtomicFile(fs::path target) : target_(std::move(target)) { open_temporary(); }

AtomicFile::~AtomicFile() {
  if (there_) {
    file_system().remove(temporary_);
  }
  if (descriptor_ >= 0) {
    file_system().close(descriptor_);
  }
}

void AtomicFile::fail(const char* operation) const { throw_errno(operation, target_); }

void AtomicFile::open_temporary() {
  FileSystem& system = file_system();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    temporary_ = temporary_sibling(target_);
    descriptor_ = system.open(temporary_, O_RDWR | O_CREAT | O_EXCL);
    if (descriptor_ < 0 && errno == EEXIST) {
      continue;  // a dead process had this one's number
    }
    if (descriptor_ < 0) {
      fail("write");
    }
    // Only a hint for those who clean up: where the system has no locks, it goes without.
    system.lock(descriptor_, LOCK_EX);
    if (!lost_its_name(descriptor_)) {
      there_ = true;
      return;
    }
    system.close(std::exchange(descriptor_, -1));
  }
  errno = EEXIST;
  fail("write");
}

int AtomicFile::try_write(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::int64_t written = file_system().write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return errno;
    }
    bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return 0;
}

void AtomicFile::write(std::string_view bytes) {
  if (const int number = try_write(bytes); number != 0) {
    errno = number;
    fail("write");
  }
}

std::int64_t AtomicFile::seek(std::int64_t offset) noexcept {
  return ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET);
}

std::int64_t AtomicFile::size() const noexcept {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 ? status.st_size : -1;
}

void AtomicFile::commit() {
  FileSystem& system = file_system();
  if (system.sync(descriptor_) != 0) {
    fail("write");
  }
  if (system.rename(temporary_, target_) != 0) {
    fail("rename");
  }
  there_ = false;
  if (system.close(std::exchange(descriptor_, -1)) != 0) {
    fail("write");
  }
  sync_folder(target_.parent_path());
}

void sync_folder(const fs::path& folder) {
  const fs::path path = folder.empty() ? fs::path(".") : folder;
  FileSystem& system = file_system();
  const int descriptor = system.open(path, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) {
    throw_errno("write", path);
  }
  const int result = system.sync(descriptor);
  const int number = errno;
  system.close(descriptor);
  // Some file systems keep names safe by themselves and refuse to be asked.
  if (result != 0 && number != EINVAL && number != ENOTSUP) {
    errno = number;
    throw_errno("write", path);
  }
}

void remove_dead_files(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (is_temporary_name(name) || is_lock_name(name)) {
      remove_if_dead(entry.path());
    }
  }
}

}  // namespace ptravel
