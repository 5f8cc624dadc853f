#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace ptravel {

/// A lock that processes and threads hold on a name, by flock(2) on a file of that name which is
/// there only while somebody holds it. The system lets go of it when a process ends, however it
/// ends. Between machines it is as good as the file system's flock: Linux's NFS (with its lock
/// service) and SMB clients pass it on. Move-only.
class LockFile {
 public:
  enum class Kind { Exclusive, Shared };

  /// Nothing when somebody else holds it (of two shared locks neither hinders the other). Throws
  /// NotFound when the folder does not exist, and Io with the system's reason where locking does
  /// not work.
  static std::optional<LockFile> try_take(const std::filesystem::path& path,
                                          Kind kind = Kind::Exclusive);
  /// Waits for it. For locks that are held for moments.
  static LockFile take(const std::filesystem::path& path, Kind kind = Kind::Exclusive);
  /// Whether somebody holds the name, this process included. Changes nothing on the disk.
  static bool is_held(const std::filesystem::path& path);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

  /// Lets go. Returns whether nobody else held it: of several shared holders the last one is told.
  bool release();

 private:
  LockFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whether a file name is that of a lock: ".something.lock".
bool is_lock_name(std::string_view name);

}  // namespace ptravel
