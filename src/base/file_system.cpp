#include "base/file_system.h"

#include <atomic>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ptravel {
namespace {

std::atomic<FileSystem*> replacement{nullptr};

}  // namespace

int FileSystem::open(const std::filesystem::path& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC, 0644);
}

std::int64_t FileSystem::write(int file, const void* bytes, std::size_t count) {
  return ::write(file, bytes, count);
}

int FileSystem::sync(int file) { return ::fsync(file); }

int FileSystem::close(int file) { return ::close(file); }

int FileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return ::rename(from.c_str(), to.c_str());
}

int FileSystem::remove(const std::filesystem::path& path) { return ::unlink(path.c_str()); }

int FileSystem::make_folder(const std::filesystem::path& path) {
  return ::mkdir(path.c_str(), 0777);
}

int FileSystem::remove_folder(const std::filesystem::path& path) { return ::rmdir(path.c_str()); }

int FileSystem::lock(int file, int operation) { return ::flock(file, operation); }

FileSystem& file_system() {
  static FileSystem machine;
  FileSystem* const other = replacement.load();
  return other != nullptr ? *other : machine;
}

FileSystemScope::FileSystemScope(FileSystem& other) { replacement.store(&other); }
FileSystemScope::~FileSystemScope() { replacement.store(nullptr); }

}  // namespace ptravel
