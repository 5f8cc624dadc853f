#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace ptravel {

/// A file without a name that is written from front to back and then read the same way. It takes
/// disk space in the folder of `name` and is gone with the object, even when the process is killed.
class SpoolFile {
 public:
  /// `name` exists for a moment while the file is made. Throws NotFound or Io.
  explicit SpoolFile(const std::filesystem::path& name);
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  /// Adds bytes at the end. Throws Io, for example when the disk is full.
  void append(std::span<const std::uint8_t> bytes);
  /// Ends the writing and goes to the front. Throws Io.
  void rewind();
  /// Reads exactly the next bytes. Throws Io.
  void read(std::span<std::uint8_t> bytes);

 private:
  void flush();
  [[noreturn]] void fail() const;

  std::filesystem::path name_;
  int file_ = -1;
  std::vector<std::uint8_t> waiting_;  // written, but not yet in the file
};

}  // namespace ptravel
