#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace ptravel {

/// The system calls by which files are changed, one function each. They return what the calls
/// return: below 0 on failure, with errno set. Everything that this program writes goes through
/// file_system(), so that a test can put another one in its place and let the n-th call fail.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// `flags` as open(2); files are made with mode 0644, closed on exec.
  virtual int open(const std::filesystem::path& path, int flags);
  virtual std::int64_t write(int file, const void* bytes, std::size_t count);
  virtual int sync(int file);  ///< Of a file's bytes, or of a folder's names.
  virtual int close(int file);
  virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual int remove(const std::filesystem::path& path);
  virtual int make_folder(const std::filesystem::path& path);
  virtual int remove_folder(const std::filesystem::path& path);
  /// `operation` as flock(2).
  virtual int lock(int file, int operation);
};

/// The file system in use: the machine's own, unless a FileSystemScope lives.
FileSystem& file_system();

/// While it lives, file_system() is another one, in all threads. For tests; one at a time.
class FileSystemScope {
 public:
  explicit FileSystemScope(FileSystem& other);
  ~FileSystemScope();
  FileSystemScope(const FileSystemScope&) = delete;
  FileSystemScope& operator=(const FileSystemScope&) = delete;
};

}  // namespace ptravel
