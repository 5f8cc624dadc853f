#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace ptravel {

/// Reads a whole file. Throws NotFound when it does not exist, Io when it cannot be read and
/// Unsupported when it is larger than `size_limit` bytes.
std::string read_file(const std::filesystem::path& path,
                      std::uint64_t size_limit = std::uint64_t{1} << 30);

/// Writes `content` under a temporary name in the same folder, flushes it to the disk and renames
/// it over `path` (AtomicFile). On failure (Io) nothing is left and `path` is untouched.
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

/// A name beside `path` for a file that is not finished: another one at each call and in each
/// process. Its end, ".part", is what remove_dead_files looks for.
std::filesystem::path temporary_sibling(const std::filesystem::path& path);

/// Throws what errno says as NotFound or Io: "[operation] path: reason".
[[noreturn]] void throw_errno(const std::string& operation, const std::filesystem::path& path);

/// Creates the folder and its parents. Throws Io naming the folder and the reason.
void create_folders(const std::filesystem::path& folder);

/// A whole file mapped read-only. Move-only; the mapping ends with the object.
class MappedFile {
 public:
  /// Throws NotFound, Io (also for folders) or Corrupt for an empty file.
  static MappedFile open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

  /// Copies bytes out of the file without touching the mapping: large parts come faster this way
  /// than page by page, and never count as this process's memory twice. Throws Io, also when the
  /// file has become shorter meanwhile. Safe from several threads.
  void read(std::size_t offset, std::size_t length, void* to) const;

 private:
  MappedFile(std::filesystem::path path, int descriptor, const std::byte* data, std::size_t size)
      : path_(std::move(path)), descriptor_(descriptor), data_(data), size_(size) {}
  std::filesystem::path path_;
  int descriptor_ = -1;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ptravel
