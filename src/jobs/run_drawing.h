#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_frames.h"
#include "ptravel/jobs.h"
#include "ptravel/travel.h"

namespace ptravel {

/// Draws into a run folder what is missing there, beside other processes that do the same: each
/// unit of frames is locked while it is drawn.
class RunDrawing {
 public:
  /// All outlive it.
  RunDrawing(const RunFolder& folder,
             const Manifest& manifest,
             Travel& travel,
             Progress& progress,
             const RunEventSink& events);

  /// Draws all units that `range` touches and waits for those that others draw.
  void draw(const FrameRange& range);
  /// Once all frames are there and nobody draws any more: completes the walks' logs.
  void complete_logs();

 private:
  bool is_missing(const FrameUnit& unit);
  bool claim(const FrameUnit& unit, const FrameRange& range);
  FrameSelection selection();
  bool wants(std::int64_t index);

  const RunFolder& folder_;
  const Manifest& manifest_;
  Travel& travel_;
  Progress& progress_;
  const RunEventSink& events_;
  RunFrames frames_;
  std::optional<LockFile> lease_;
  bool busy_ = false;            // others hold units that are wanted
  std::set<std::int64_t> told_;  // damaged frames that a note was made of
};

}  // namespace ptravel
