#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_frames.h"

namespace ptravel {

/// Files of a run that other machines drew, on their way into its folder. Each is checked before
/// it is there: a reader of the folder never sees one that was not. What is wrong with one is said
/// in a few words; nothing when it was taken. Throws Io for the disk at hand. One thread.
class ReceivedFiles {
 public:
  /// Both outlive it.
  ReceivedFiles(const RunFolder& folder, const Manifest& manifest);

  /// A frame as a file: taken when finish_run would believe it.
  std::optional<std::string> take_frame(std::int64_t index, const std::string& bytes);
  /// A picture of the run's size beside the frames, as PNG; `name`: of the file, checked by the
  /// caller. One that is there stays.
  std::optional<std::string> take_picture(const std::string& name, const std::string& bytes);
  /// A walk.json: its gaps are taken where it tells more of them than the folder's own.
  std::optional<std::string> take_walk_log(const std::string& bytes);

 private:
  const RunFolder& folder_;
  const Manifest& manifest_;
  RunFrames frames_;
};

}  // namespace ptravel
