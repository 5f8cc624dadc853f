#include "base/files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/file_system.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

/// A file descriptor that is closed when it goes out of scope.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  int number() const { return number_; }
  /// The descriptor, which the caller closes from now on.
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

struct stat stat_regular(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    throw_errno("open", path);
  }
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::Io, "[open] " + path.string() + ": is a folder, expected a file");
  }
  return status;
}

}  // namespace

void throw_errno(const std::string& operation, const std::filesystem::path& path) {
  const int number = errno;
  const ErrorCode code = number == ENOENT ? ErrorCode::NotFound : ErrorCode::Io;
  throw Error(code, "[" + operation + "] " + path.string() + ": " + std::strerror(number));
}

std::string read_file(const std::filesystem::path& path, std::uint64_t size_limit) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    throw_errno("read", path);
  }
  const auto status = stat_regular(file, path);
  if (static_cast<std::uint64_t>(status.st_size) > size_limit) {
    throw Error(ErrorCode::Unsupported,
                "[read] " + path.string() + ": has " + std::to_string(status.st_size) +
                    " bytes, expected at most " + std::to_string(size_limit));
  }
  std::string content;
  char buffer[65536];
  while (true) {
    const ssize_t count = ::read(file.number(), buffer, sizeof buffer);
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw_errno("read", path);
    }
    if (count == 0) {
      return content;
    }
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > size_limit) {
      throw Error(ErrorCode::Unsupported, "[read] " + path.string() + ": expected at most " +
                                              std::to_string(size_limit) + " bytes");
    }
  }
}

void write_file_atomic(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void create_folders(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) {
    return;
  }
  const std::filesystem::path parent =
      folder.has_filename() ? folder.parent_path() : folder.parent_path().parent_path();
  create_folders(parent);
  const bool made = file_system().make_folder(folder) == 0;
  if (!made && !(errno == EEXIST && std::filesystem::is_directory(folder, error))) {
    throw Error(ErrorCode::Io, "[create folder] " + folder.string() + ": " + std::strerror(errno));
  }
}

MappedFile MappedFile::open(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    throw_errno("open", path);
  }
  const auto status = stat_regular(file, path);
  if (status.st_size <= 0) {
    throw Error(ErrorCode::Corrupt, "[open] " + path.string() + ": the file is empty");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (data == MAP_FAILED) {
    throw_errno("map", path);
  }
  return MappedFile(path, file.release(), static_cast<const std::byte*>(data), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    ::munmap(const_cast<std::byte*>(data_), size_);
  }
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void MappedFile::read(std::size_t offset, std::size_t length, void* to) const {
  PTRAVEL_CHECK(offset <= size_ && length <= size_ - offset);
  auto* place = static_cast<std::byte*>(to);
  while (length > 0) {
    const ssize_t count = ::pread(descriptor_, place, length, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      throw_errno("read", path_);
    }
    if (count == 0) {
      throw Error(ErrorCode::Io,
                  "[read] " + path_.string() + ": has become shorter while it was read, expected " +
                      std::to_string(length) + " more bytes at " + std::to_string(offset));
    }
    place += count;
    offset += static_cast<std::size_t>(count);
    length -= static_cast<std::size_t>(count);
  }
}

}  // namespace ptravel
