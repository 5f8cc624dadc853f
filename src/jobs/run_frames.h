#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "ptravel/image.h"
#include "ptravel/progress.h"

namespace ptravel {

/// The frames that lie in a run folder, and whether they can be believed.
class RunFrames {
 public:
  /// Both outlive it.
  RunFrames(const RunFolder& folder, const Manifest& manifest);

  bool exists(std::int64_t index) const;
  /// Whether the frame is there whole: a PNG with every checksum right up to its end, of the run's
  /// size, whose parameters say that it is this frame of this run. What was found whole once is not
  /// read again.
  bool is_whole(std::int64_t index);
  /// What is wrong with a frame that is there; nothing when it is whole.
  std::optional<std::string> damage(std::int64_t index) const;
  /// The same for the bytes of a file that may become that frame: a stranger's, which takes no more
  /// memory than a frame does.
  std::optional<std::string> damage(std::int64_t index, std::string_view bytes) const;
  /// Its picture.
  Image read(std::int64_t index) const;
  /// Tells that the frame was just written. May be called beside everything else, in another
  /// thread.
  void written(std::int64_t index);

 private:
  std::optional<std::string> damage_of(std::int64_t index,
                                       const std::function<LoadedImage()>& load) const;

  const RunFolder& folder_;
  const Manifest& manifest_;
  std::vector<std::string> prompts_;  // of the stages
  std::mutex mutex_;                  // guards `whole_`
  std::vector<bool> whole_;
};

/// Calls `look` for every frame's number, which progress counts. Throws Cancelled.
void look_at_frames(const Manifest& manifest,
                    Progress& progress,
                    const std::function<void(std::int64_t index)>& look);

/// Whether each of these frames, by number, has a file.
bool are_there(const RunFolder& folder, const std::vector<bool>& frames);

/// Whether each of these frames is whole (RunFrames::is_whole), which reads them all.
bool are_whole(const RunFolder& folder,
               const Manifest& manifest,
               const std::vector<bool>& frames,
               Progress& progress);

}  // namespace ptravel
