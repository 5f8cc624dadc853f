#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_frames.h"
#include "ptravel/jobs.h"
#include "ptravel/travel.h"

namespace ptravel {

/// Draws into a run folder what is missing there, beside other processes that do the same: each
/// unit of frames is locked until its frames are there, and logs are put together. Where a card
/// draws, frames are written in a thread of their own.
class RunDrawing {
 public:
  /// All outlive it. `waiting`: how many frames may wait to be written (BackgroundSink); as many as
  /// suit the travel where it is not given.
  RunDrawing(const RunFolder& folder,
             const Manifest& manifest,
             Travel& travel,
             Progress& progress,
             const RunEventSink& events,
             std::optional<std::size_t> waiting = {});

  /// Draws these frames, by number; where frames build on each other the units that they lie in.
  /// Waits for those that others draw. Returns how many it drew.
  std::int64_t draw(const std::vector<bool>& frames);
  /// Draws all.
  void draw();
  /// Once all frames are there and nobody draws any more: completes the walks' logs.
  void complete_logs();

 private:
  void ask_for(const std::vector<bool>& frames);
  bool is_missing(const FrameUnit& unit);
  bool claim(const FrameUnit& unit);
  FrameSelection selection();
  std::string walk_log() const;
  bool wants(std::int64_t index);

  const RunFolder& folder_;
  const Manifest& manifest_;
  Travel& travel_;
  Progress& progress_;
  std::mutex events_mutex_;
  const RunEventSink events_;  // one at a time
  const std::size_t waiting_;
  RunFrames frames_;
  std::vector<bool> asked_;                // by frame
  std::shared_ptr<const LockFile> lease_;  // frames that are to be written have a share in it
  bool busy_ = false;                      // others hold units that are wanted
  std::set<std::int64_t> told_;            // damaged frames that a note was made of
};

}  // namespace ptravel
