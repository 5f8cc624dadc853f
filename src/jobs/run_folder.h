#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ptravel {

/// The folder of one run: "<out>/prompt_travel/00000". Knows the names in it and holds a lock, so
/// that two processes never work on one run. Files inside appear by atomic rename.
class RunFolder {
 public:
  /// Makes the next free number below `out`/prompt_travel (one more than the largest there). Throws
  /// Io.
  static RunFolder create(const std::filesystem::path& out);
  /// Opens an existing run folder. Throws NotFound, or InvalidArgument when another process works
  /// on it.
  static RunFolder open(const std::filesystem::path& folder);

  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path frame_path(std::int64_t index) const;
  std::filesystem::path manifest_path() const { return path_ / "travel.json"; }
  /// "travel-00000.mp4", with the folder's own name as number.
  std::filesystem::path video_path(std::string_view extension) const;
  std::filesystem::path contact_sheet_path() const { return path_ / "contact-sheet.png"; }

  /// Removes what a killed process left half-written (temporary files).
  void remove_leftovers() const;
  /// Removes the folder again when nothing was put into it.
  void discard_if_empty() const;

 private:
  RunFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_ = -1;  // descriptor of the folder that carries the lock
};

/// The file name of a frame: "00012.png".
std::string frame_file_name(std::int64_t index);

}  // namespace ptravel
