#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace ptravel {

/// A file that is written under a temporary name beside its target and takes the target's place at
/// commit(): a reader sees the old file or the new one, never a part. Without commit() nothing is
/// left. The temporary name is this process's own, and the file is locked while it is written, so
/// that remove_dead_files can tell what a killed process left behind.
class AtomicFile {
 public:
  /// Throws NotFound when the folder does not exist, Io.
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  /// Appends at the current place. Throws Io.
  void write(std::string_view bytes);
  /// The same for callers that cannot throw: 0, or the system's error number.
  int try_write(std::string_view bytes) noexcept;
  /// Moves to a place counted from the beginning; returns it, or below 0 with errno set.
  std::int64_t seek(std::int64_t offset) noexcept;
  /// Bytes written so far, up to the furthest place.
  std::int64_t size() const noexcept;

  /// Flushes the bytes to the disk, renames the file to its target and flushes the folder. Throws
  /// Io; unless the last step failed, the target is untouched then.
  void commit();

 private:
  void open_temporary();
  [[noreturn]] void fail(const char* operation) const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
  bool there_ = false;  // whether temporary_ exists
};

/// Flushes a folder's names to the disk. Throws Io.
void sync_folder(const std::filesystem::path& folder);

/// Removes temporary files and lock files in `folder` that no living process holds. Leaves alone
/// what it cannot remove.
void remove_dead_files(const std::filesystem::path& folder);

}  // namespace ptravel
