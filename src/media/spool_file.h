#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

namespace ptravel {

/// A file without a name that is written from front to back and then read the same way. It takes
/// disk space in the folder of `name` and is gone with the object, even when the process is killed.
class SpoolFile {
 public:
  /// `name` exists for a moment while the file is made. Throws NotFound or Io.
  explicit SpoolFile(const std::filesystem::path& name);

  /// Adds bytes at the end. Throws Io, for example when the disk is full.
  void append(std::span<const std::uint8_t> bytes);
  /// Ends the writing and goes to the front. Throws Io.
  void rewind();
  /// Reads exactly the next bytes. Throws Io.
  void read(std::span<std::uint8_t> bytes);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  [[noreturn]] void fail() const;

  std::filesystem::path name_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace ptravel
