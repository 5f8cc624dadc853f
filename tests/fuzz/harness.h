#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "ptravel/error.h"

// What fuzz targets have in common. libFuzzer calls LLVMFuzzerTestOneInput with one input after the
// other; a crash, an abort or an exception that escapes is a finding.

extern "C" {
/// libFuzzer's own mutation of `size` bytes in a buffer of `max_size`; returns the new size.
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
}

namespace ptravel::fuzz {

/// Ends the process unless `holds`: something that a parser accepted is not what it promised.
inline void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "not as promised: %s\n", what);
    std::abort();
  }
}

/// Runs a parser, which may refuse its input with any Error but Internal.
template <typename Action>
void parse(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    require(error.code() != ErrorCode::Internal, error.what());
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A file that lies in memory alone, for parsers that open files.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("fuzz", 0)) {}
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void write(std::string_view bytes) {
    const bool written =
        ::ftruncate(descriptor_, 0) == 0 &&
        ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
    require(written, "a file in memory");
  }
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// A folder in memory that lives as long as the process.
class MemoryFolder {
 public:
  MemoryFolder() {
    std::string pattern = (std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp");
    pattern += "/ptravel_fuzz_XXXXXX";
    require(::mkdtemp(pattern.data()) != nullptr, "a folder in memory");
    path_ = pattern;
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  void write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Lets libFuzzer mutate a text; at most `max_size` bytes come out.
inline std::string mutated(std::string text, std::size_t max_size) {
  const std::size_t old_size = text.size() < max_size ? text.size() : max_size;
  text.resize(max_size);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), old_size, max_size));
  return text;
}

/// Puts a made input where libFuzzer wants it, or leaves libFuzzer's own mutation when it is too
/// large.
inline std::size_t hand_over(const std::string& made,
                             std::uint8_t* data,
                             std::size_t size,
                             std::size_t max_size) {
  if (made.size() > max_size) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  made.copy(reinterpret_cast<char*>(data), made.size());
  return made.size();
}

}  // namespace ptravel::fuzz
