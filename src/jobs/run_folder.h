#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/lock_file.h"

namespace ptravel {

/// The folder of one run: "<out>/prompt_travel/00000". Knows the names in it, and the locks by
/// which processes share the work: they are there while they are held, and end with their process.
/// Files inside appear by atomic rename.
class RunFolder {
 public:
  /// Makes the next free number below `out`/prompt_travel (one more than the largest there).
  /// `reserve` is told each path before it is made. Throws Io.
  using Reserve = std::function<void(const std::filesystem::path& folder)>;
  static RunFolder create(const std::filesystem::path& out, const Reserve& reserve = {});
  /// An existing run folder. Throws NotFound.
  static RunFolder open(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path frame_path(std::int64_t index) const;
  std::filesystem::path manifest_path() const { return path_ / "travel.json"; }
  std::filesystem::path walk_log_path() const { return path_ / "walk.json"; }
  /// "travel-00000.mp4", with the folder's own name as number.
  std::filesystem::path video_path(std::string_view extension) const;
  std::filesystem::path contact_sheet_path() const { return path_ / "contact-sheet.png"; }
  std::filesystem::path motion_path() const { return path_ / "motion.json"; }
  std::filesystem::path motion_plot_path() const { return path_ / "motion.png"; }

  /// Pictures that were drawn to find a pace.
  std::filesystem::path pace_path() const { return path_ / "pace"; }

  /// Pictures that networks made for a video which is not finished.
  std::filesystem::path finishing_path() const { return path_ / "finishing"; }
  /// Held by who makes such a video and keeps its pictures there.
  std::filesystem::path finishing_lock() const { return path_ / ".finishing.lock"; }

  /// Shared by everybody who works on the run.
  std::filesystem::path workers_lock() const { return path_ / ".workers.lock"; }
  /// Held for the moment in which travel.json is changed.
  std::filesystem::path state_lock() const { return path_ / ".state.lock"; }
  /// Held by who draws the unit that this frame belongs to as its first one.
  std::filesystem::path unit_lock(std::int64_t first_frame) const;
  /// Held for the moment in which the logs of walks are put together and written.
  std::filesystem::path log_lock() const { return path_ / ".log.lock"; }
  /// Held by who looks for the run's pace.
  std::filesystem::path pace_lock() const { return path_ / ".pace.lock"; }
  /// Held by who makes the film of the frames.
  std::filesystem::path film_lock() const { return path_ / ".film.lock"; }

  /// Whether somebody works on the run now.
  bool is_worked_on() const { return LockFile::is_held(workers_lock()); }
  /// Removes what killed processes left (temporary files and locks).
  void remove_leftovers() const;
  /// Removes the folder again when nothing was put into it.
  void discard_if_empty() const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// The file name of a frame: "00012.png".
std::string frame_file_name(std::int64_t index);

}  // namespace ptravel
