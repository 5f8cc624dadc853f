#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/image.h"

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
  /// Its picture.
  Image read(std::int64_t index) const;
  /// Tells that the frame was just written.
  void written(std::int64_t index);

 private:
  const RunFolder& folder_;
  const Manifest& manifest_;
  std::vector<std::string> prompts_;  // of the stages
  std::vector<bool> whole_;
};

}  // namespace ptravel
